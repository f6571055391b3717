// The API of the stand-in: what docs/api.md and the operator's calls say, as far as the console asks.
import { readFileSync } from "node:fs";
import { actorDetail } from "./actors.mjs";
import { queueNames } from "./fake.mjs";
import { landscape } from "./picture.mjs";
import { ulid } from "./random.mjs";

// The part of dip's own description that the console reads.
const description = JSON.parse(readFileSync(new URL("openapi.json", import.meta.url), "utf8"));
const problems = { bad_request: 400, unauthorized: 401, forbidden: 403, not_found: 404, conflict: 409, invalid_operation: 422 };
class Refusal extends Error {
  constructor(code, detail, pointer) {
    super(detail);
    this.code = code;
    this.pointer = pointer;
  }
}
const refuse = (code, detail, pointer) => {
  throw new Refusal(code, detail, pointer);
};

async function bodyOf(from) {
  const pieces = [];
  for await (const p of from) pieces.push(p);
  return Buffer.concat(pieces);
}

function page(list, q, name, more = {}) {
  const limit = Number(q.get("limit") ?? 50);
  if (!(limit >= 1 && limit <= 1000)) refuse("bad_request", "limit is 1 to 1000");
  const from = Number(q.get("cursor") ?? 0);
  const rows = list.slice(from, from + limit);
  return { [name]: rows, next_cursor: from + limit < list.length ? String(from + limit) : null, ...more };
}

function onlyParams(q, known) {
  for (const k of q.keys()) if (!known.includes(k)) refuse("bad_request", `there is no parameter "${k}"`);
}

function stream(fake, from, to, path, requestId) {
  to.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  const send = (event, data) => to.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  let take = send;
  if (requestId) {
    const r = fake.requests.byId.get(requestId) ?? refuse("not_found", "there is no such request");
    let told = 0;
    const tell = () => {
      for (; told < r.timeline.length; ++told) send("status", r.timeline[told]);
      if (["processed", "failed", "cancelled"].includes(r.status)) {
        fake.news.delete(take);
        to.end();
      }
    };
    take = (event, data) => data.id === requestId && tell();
    tell();
  } else {
    send("snapshot", fake.overview());
  }
  fake.news.add(take);
  const beat = setInterval(() => to.write(": here\n\n"), 15_000);
  from.on("close", () => {
    clearInterval(beat);
    fake.news.delete(take);
  });
}

const unreachable = (fake) => ({ unreachable: [...fake.down] });
const queueOf = (fake, name) => fake.queues.find((q) => q.name === name) ?? refuse("not_found", `there is no queue "${name}"`);

function redrive(fake, name, body) {
  const dead = fake.dead.get(name) ?? refuse("not_found", `there is no queue "${name}"`);
  const wanted = dead.filter((m) => (body.ids ? body.ids.includes(m.id) : body.error ? m.error.code === body.error : true));
  const refused = wanted.filter((m) => m.error.code === "not_found").map((m) => ({ id: m.id, code: "conflict", detail: "its input is gone" }));
  const gone = new Set(wanted.filter((m) => m.error.code !== "not_found").map((m) => m.id));
  fake.dead.set(name, dead.filter((m) => !gone.has(m.id)));
  const q = queueOf(fake, name);
  for (const m of wanted) if (gone.has(m.id)) q.partitions[m.partition].visible += 1;
  fake.log(`redrive ${name}`, `${gone.size} message${gone.size === 1 ? "" : "s"}${refused.length ? `, ${refused.length} refused` : ""}`);
  return { redriven: gone.size, refused };
}

function actors(fake, q) {
  onlyParams(q, ["node", "kind", "state", "parent", "q", "sort", "limit", "cursor"]);
  const is = (name, f) => (a) => !q.get(name) || f(a) === q.get(name);
  const text = (q.get("q") ?? "").toLowerCase();
  let list = fake.actors.list.filter((a) => !fake.down.has(a.node)).filter(is("node", (a) => a.node)).filter(is("kind", (a) => a.kind)).filter(is("parent", (a) => a.parent))
    .filter((a) => (q.get("state") ? a.state === q.get("state") : a.state !== "dead")).filter((a) => !text || a.name.toLowerCase().includes(text) || a.id === text);
  const sort = q.get("sort");
  const key = { mailbox: "mailbox", rate: "rate", busy: "busy", restarts: "restarts" }[sort];
  if (key) list = list.toSorted((a, b) => b[key] - a[key]);
  else if (sort === "name") list = list.toSorted((a, b) => a.name.localeCompare(b.name));
  return page(list, q, "actors", { total: list.length, ...unreachable(fake) });
}

function deadPage(fake, name, q) {
  onlyParams(q, ["error", "limit", "cursor"]);
  const all = fake.dead.get(name) ?? refuse("not_found", `there is no queue "${name}"`);
  const groups = new Map();
  for (const m of all) groups.set(m.error.code, (groups.get(m.error.code) ?? 0) + 1);
  const list = q.get("error") ? all.filter((m) => m.error.code === q.get("error")) : all;
  return page(list, q, "messages", { groups: [...groups].map(([code, count]) => ({ code, count })).sort((a, b) => b.count - a.count), total: all.length, more: false, ...unreachable(fake) });
}

function submit(fake, body) {
  if (!body.file) refuse("invalid_operation", "the file is missing", "/file");
  (body.operations ?? []).forEach((o, i) => {
    if (o.op === "resize" && !o.width && !o.height) refuse("invalid_operation", "resize needs a width or a height", `/operations/${i}`);
    if (o.op === "blur" && !(o.sigma >= 0.3 && o.sigma <= 100)) refuse("invalid_operation", "sigma is 0.3 to 100", `/operations/${i}/sigma`);
  });
  const r = fake.requests.add(Date.now(), { file: body.file.startsWith("http") ? body.file : `https://img.example.org/files/rtp-request-files/${body.file}`, file_name: fake.requests.uploads.get(body.file) ?? body.file, operations: body.operations ?? [], preset: null, notification: { email: body.notify?.email ? "pending" : "none", webhook: "none", email_detail: null, webhook_detail: null } });
  r.fate = null;
  return { id: r.id, status: r.status, status_url: `https://img.example.org/requests/${r.id}`, events_url: `https://img.example.org/requests/${r.id}/events` };
}

const uploaded = new Map();
// Which upload an output was made of: both show the same place.
function picture(fake, path) {
  const fakePlace = fake.requests.places;
  const own = uploaded.get(path.split("/").at(-1));
  if (own) return own;
  const seed = [...(fakePlace.get(path) ?? path)].reduce((n, c) => (n * 31 + c.charCodeAt(0)) >>> 0, 7);
  return landscape(seed, path.includes("thumb") ? 160 : 800, path.includes("thumb") ? 120 : 600, path.includes("-grey"));
}

// Sign of what is not the operator's to do where cluster.conf says so.
function mayChange(fake, method, path) {
  if (fake.destructive || method === "GET" || path === "/files" || path === "/process-file" || path.endsWith("/resend")) return;
  if (method === "DELETE" && path.startsWith("/requests/")) return;
  refuse("forbidden", "switched off in cluster.conf");
}

async function dispatch(fake, from, to, url, path) {
  const q = url.searchParams;
  const method = from.method === "HEAD" ? "GET" : from.method;
  if (path === "/fake") {
    const wish = JSON.parse((await bodyOf(from)).toString());
    if (wish.scene) fake.setScene(wish.scene);
    if (wish.down) fake.down = new Set(wish.down);
    for (const k of ["destructive", "token", "silent"]) if (k in wish) fake[k] = wish[k];
    if (wish.silent) setTimeout(fake.onSilent, 100);
    return [200, {}];
  }
  const open = path.startsWith("/files/") || path === "/openapi.json" || /^\/requests\/[^/]+(\/events)?$/.test(path);
  if (fake.token && from.headers.authorization !== `Bearer ${fake.token}` && !open) refuse("unauthorized", from.headers.authorization ? "this key is not known" : 'this call needs an API key with the scope "admin"');
  mayChange(fake, method, path);
  const call = `${method} ${path}`;
  let m;
  if (call === "GET /events") return stream(fake, from, to, path);
  if (call === "GET /openapi.json") return [200, description];
  if (call === "GET /topics") return [200, { topics: fake.topics.map((t, i) => fake.topic(t, i)), ...unreachable(fake) }];
  if (call === "GET /queues") return [200, { queues: fake.queues.map((x) => fake.queue(x, true)), ...unreachable(fake) }];
  if (call === "GET /cluster") return [200, fake.cluster()];
  if (call === "GET /actors") return [200, actors(fake, q)];
  if (call === "GET /audit") return [200, page(fake.audit, q, "entries")];
  if (call === "GET /suppressions") return [200, page(fake.suppressions, q, "suppressions", { stale: false })];
  if (call === "GET /requests") {
    onlyParams(q, ["status", "since", "limit", "cursor"]);
    const since = q.get("since") ? Date.parse(q.get("since")) : 0;
    return [200, page(fake.requests.list.filter((r) => (!q.get("status") || r.status === q.get("status")) && Date.parse(r.created_at) >= since), q, "requests", { stale: false })];
  }
  if (call === "POST /files") {
    const bytes = await bodyOf(from);
    const key = `${ulid(Date.now(), fake.dice)}.png`;
    uploaded.set(key, bytes);
    const name = /filename="?([^"]+)"?/.exec(from.headers["content-disposition"] ?? "")?.[1] ?? q.get("name") ?? key;
    fake.requests.uploads.set(key, name);
    return [201, { bucket: "rtp-request-files", key, url: `https://img.example.org/files/rtp-request-files/${key}`, size: bytes.length, sha256: "", content_type: "image/png", format: "png", width: 800, height: 600, pages: 1, has_alpha: false }];
  }
  if (call === "POST /process-file") return [202, submit(fake, JSON.parse((await bodyOf(from)).toString()))];
  if ((m = /^GET \/files\/(.+)$/.exec(call))) {
    const bytes = picture(fake, m[1]);
    to.writeHead(200, { "Content-Type": "image/png", "Content-Length": bytes.length, "Cache-Control": "public, max-age=600" }).end(bytes);
    return undefined;
  }
  if ((m = /^(GET|POST|DELETE) \/requests\/([^/]+)(?:\/(\w+))?$/.exec(call))) {
    const r = fake.requests.byId.get(m[2]) ?? refuse("not_found", "there is no such request");
    const what = `${m[1]} ${m[3] ?? ""}`.trim();
    if (what === "GET events") return stream(fake, from, to, path, r.id);
    if (what === "GET trace") return [200, { ...fake.requests.trace(r), ...unreachable(fake) }];
    if (what === "GET") return [200, r];
    const final = ["processed", "failed", "cancelled"].includes(r.status);
    if (what === "DELETE") {
      if (final) refuse("conflict", `it is ${r.status}`);
      fake.requests.move(r, "cancelled", Date.now());
      return [204];
    }
    if (what === "POST resend") {
      if (r.notification.email === "none") refuse("conflict", "it asks for no notification");
      r.notification = { ...r.notification, email: "sent", email_detail: null };
      fake.log("resend", r.id);
      return [202, r];
    }
    if (what === "POST retry") {
      if (r.status !== "failed") refuse("conflict", "it has not failed");
      Object.assign(r, { run: r.run + 1, error: null, fate: null });
      fake.requests.move(r, "accepted", Date.now());
      r.due = Date.now() + 400;
      fake.log("retry", r.id);
      return [202, r];
    }
  }
  if ((m = /^GET \/queues\/([^/]+)\/messages$/.exec(call))) {
    onlyParams(q, ["state", "partition", "limit", "cursor"]);
    return [200, page(fake.waiting(queueOf(fake, m[1]), q.get("state") ?? "visible", q.has("partition") ? Number(q.get("partition")) : null), q, "messages", unreachable(fake))];
  }
  if ((m = /^GET \/queues\/([^/]+)\/dead-letters$/.exec(call))) return [200, deadPage(fake, m[1], q)];
  if ((m = /^POST \/queues\/([^/]+)\/redrive$/.exec(call))) return [200, redrive(fake, m[1], JSON.parse((await bodyOf(from)).toString() || "{}"))];
  if ((m = /^POST \/queues\/([^/]+)\/(pause|resume)$/.exec(call))) {
    const paused = m[2] === "pause";
    for (const p of queueOf(fake, m[1]).partitions) p.paused = paused;
    fake.log(`${m[2]} ${m[1]}`, null);
    return [200, { name: m[1], paused }];
  }
  if ((m = /^DELETE \/queues\/([^/]+)\/dead-letters\/([^/]+)$/.exec(call))) {
    const reason = q.get("reason");
    if (!reason) refuse("bad_request", "a reason is needed");
    const dead = fake.dead.get(m[1]) ?? refuse("not_found", "there is no such queue");
    if (!dead.some((x) => x.id === m[2])) refuse("not_found", "there is no such dead letter");
    fake.dead.set(m[1], dead.filter((x) => x.id !== m[2]));
    fake.log(`discard ${m[1]}`, `message ${m[2]}`, reason);
    return [204];
  }
  if ((m = /^GET \/actors\/([^/]+)$/.exec(call))) return [200, actorDetail(fake, fake.actors.byId.get(m[1]) ?? refuse("not_found", "there is no such actor"))];
  if ((m = /^POST \/actors\/([^/]+)\/restart$/.exec(call))) {
    const a = fake.actors.byId.get(m[1]) ?? refuse("not_found", "there is no such actor");
    if (a.parent === null) refuse("conflict", "no supervisor restarts it");
    Object.assign(a, { state: "idle", restarts: a.restarts + 1, restarted_at: new Date().toISOString(), mailbox: 0, oldest_ms: null, current: null, busy: 0, since: new Date().toISOString(), last_error: "restarted by an operator" });
    fake.log("restart actor", `${a.name} (${a.id})`);
    return [202, a];
  }
  if ((m = /^POST \/cluster\/partitions\/(\d+)\/leader$/.exec(call))) {
    const { node } = JSON.parse((await bodyOf(from)).toString());
    if (fake.down.has(node)) refuse("conflict", `${node} does not answer`);
    fake.leaders[Number(m[1])] = node;
    fake.terms[Number(m[1])] += 1;
    fake.log("move leader", `partition ${m[1]} to ${node}`);
    return [202, { partition: Number(m[1]), leader: node }];
  }
  if ((m = /^POST \/cluster\/nodes\/([^/]+)\/drain$/.exec(call))) {
    fake.draining.add(m[1]);
    fake.leaders = fake.leaders.map((l, p) => (l === m[1] ? fake.up().filter((n) => n !== m[1])[p % 2] : l));
    fake.log("drain", `node ${m[1]}`);
    return [202, { node: m[1], draining: true }];
  }
  if ((m = /^DELETE \/suppressions\/(.+)$/.exec(call))) {
    const address = decodeURIComponent(m[1]);
    if (!fake.suppressions.some((s) => s.address === address)) refuse("not_found", "this address is not on the list");
    fake.suppressions = fake.suppressions.filter((s) => s.address !== address);
    fake.log("clear suppression", address);
    return [204];
  }
  return refuse("not_found", "there is no such path");
}

export async function answer(fake, from, to, url, path) {
  try {
    const said = await dispatch(fake, from, to, url, path);
    if (!said) return;
    const [status, body] = said;
    to.writeHead(status, body === undefined ? {} : { "Content-Type": "application/json", "Cache-Control": "no-store" }).end(body === undefined ? undefined : JSON.stringify(body));
  } catch (e) {
    const code = e instanceof Refusal ? e.code : "internal";
    if (code === "internal") console.error(e);
    to.writeHead(problems[code] ?? 500, { "Content-Type": "application/problem+json" }).end(JSON.stringify({ type: `urn:dip:error:${code}`, title: code, status: problems[code] ?? 500, detail: e.message, code, ...(e.pointer ? { pointer: e.pointer } : {}) }));
  }
}
