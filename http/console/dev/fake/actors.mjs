// The supervision trees of the nodes, with one actor stuck, one that starts again and again, and some dead.
import { dice } from "./random.mjs";

export function makeActors(fake, about) {
  const d = dice(11);
  const list = [];
  const byId = new Map();
  let next = { n1: 1, n2: 1, n3: 1 };
  const add = (node, parent, name, kind, more = {}) => {
    const busy = more.busy ?? d.next() * 0.1;
    const a = {
      id: `${node}.${next[node]++}`, name, kind, node, parent: parent?.id ?? null, state: busy > 0.5 ? "busy" : "idle", mailbox: d.int(0, 2), mailbox_high: d.int(2, 40), oldest_ms: null,
      processed: d.int(500, 400_000), rate: d.next() * 40, busy, busy_ms_p50: d.time(0.08), busy_ms_p99: d.time(1.6), wait_ms_p50: d.time(0.02), wait_ms_p99: d.time(0.9),
      restarts: 0, restarted_at: null, last_error: null, since: new Date(fake.started + d.int(0, 5000)).toISOString(), current: null, ...more,
    };
    list.push(a);
    byId.set(a.id, a);
    return a;
  };
  const quiet = fake.scene === "empty";
  for (const node of ["n1", "n2", "n3"]) {
    const root = add(node, null, "node", "supervisor", { busy: 0, rate: 0.2 });
    const queues = add(node, root, "queues", "supervisor", { busy: 0, rate: 0.1 });
    for (const q of ["rtp-request-queue", "rtp-preprocess-ok-queue", "rtp-notifier-queue"])
      for (let p = 0; p < 8; ++p) if (fake.leaders[p] === node) add(node, queues, `${q}/${p}`, "queue", { busy: quiet ? 0 : 0.1 + d.next() * 0.3 });
    const groups = add(node, root, "partitions", "supervisor", { busy: 0, rate: 0.1 });
    for (let p = 0; p < 8; ++p) add(node, groups, `partition/${p}`, "partition", { busy: quiet ? 0.01 : 0.1 + d.next() * 0.4, rate: quiet ? 10 : 180 * d.next() });
    const workers = add(node, root, "workers", "supervisor", { busy: 0, rate: 0.4 });
    const each = Math.max(4, Math.round((about / 3 - 20) / 2.5));
    for (const [kind, n] of [["preprocessor", each], ["processor", each], ["notifier", Math.max(2, each >> 1)]])
      for (let i = 1; i <= n; ++i) {
        const busy = quiet ? 0 : kind === "processor" ? 0.75 + d.next() * 0.25 : d.next() * 0.6;
        add(node, workers, `${kind}/${i}`, kind, { busy, rate: quiet ? 0 : d.next() * 4, busy_ms_p50: kind === "processor" ? d.time(190) : d.time(26), busy_ms_p99: kind === "processor" ? d.time(900) : d.time(90), current: busy > 0.5 ? { message: kind === "processor" ? "process" : "preprocess", for_ms: d.int(2, 400) } : null });
      }
    for (const [name, kind] of [["relay", "relay"], ["introspection", "introspection"], ["gateway", "gateway"], ["retention", "sweeper"], ["mailer", "mailer"]]) add(node, root, name, kind);
  }
  if (!quiet) {
    const stuck = list.find((a) => a.node === "n2" && a.name === "processor/3");
    Object.assign(stuck, { state: "stuck", mailbox: 214, mailbox_high: 214, oldest_ms: 94_200, busy: 1, rate: 0, current: { message: "process", for_ms: 94_210 } });
    const crashing = list.find((a) => a.node === "n3" && a.name === "preprocessor/2");
    Object.assign(crashing, { state: "backoff", restarts: 7, restarted_at: new Date(Date.now() - 4000).toISOString(), busy: 0, rate: 0, last_error: "worker_crashed: dip-codec ended by signal 11" });
    for (let i = 0; i < 14; ++i) {
      const a = add(["n1", "n2", "n3"][i % 3], null, `${d.pick(["preprocessor", "processor"])}/${d.int(1, 8)}`, "processor", { state: "dead", busy: 0, rate: 0, mailbox: 0 });
      a.ended_at = new Date(Date.now() - (i + 1) * 640_000).toISOString();
      a.reason = d.pick(["worker_crashed: dip-codec ended by signal 11", "restarted by an operator", "timeout: no answer in 30 s"]);
      a.last_error = a.reason;
    }
  }
  return { list, byId };
}

export function actorDetail(fake, a) {
  const d = dice(a.id.length * 31 + a.processed);
  let at = Date.now();
  const events = a.state === "dead" || fake.scene === "empty" ? [] : Array.from({ length: 32 }, () => {
    at -= d.int(20, 900);
    return { at: new Date(at).toISOString(), message: d.pick(["publish", "take", "renew", "done", "give_back", "tick"]), waited_ms: d.time(0.1), worked_ms: d.time(a.busy_ms_p50 + 0.05), outcome: d.next() < 0.04 ? "failed" : "done" };
  });
  return { ...a, events, children: fake.actors.list.filter((c) => c.parent === a.id).map((c) => c.id) };
}
