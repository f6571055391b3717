// Requests on their way through the pipeline: a window of the newest ones, each with its own clock.
import { dice, ulid } from "./random.mjs";

const names = ["harbour.jpg", "IMG_4711.HEIC", "portrait-anna.png", "scan 0042.tiff", "product-front.webp", "drone_0815.jpg", "menu.pdf", "cover-final-2.png", "sunset over the bay.jpg", "avatar.gif"];
const faults = [
  { code: "invalid_image", detail: "the JPEG ends in the middle of a scan", stage: "preprocess" },
  { code: "timeout", detail: "no answer in 30 s", stage: "process" },
  { code: "worker_crashed", detail: "dip-codec ended by signal 11", stage: "process" },
];
const steps = ["accepted", "preprocessing", "preprocessed", "processing", "processed"];
const typical = [220, 35, 2600, 240];

export class Requests {
  constructor(fake, n) {
    this.fake = fake;
    this.dice = dice(23);
    this.list = [];
    this.byId = new Map();
    this.uploads = new Map();
    this.places = new Map();
    let at = Date.now() - 1500;
    const old = [];
    for (let i = 0; i < n; ++i) {
      old.push(at);
      at -= this.dice.int(300, 60_000);
    }
    for (const t of old.reverse()) this.finish(this.add(t));
  }

  add(at = Date.now(), more = {}) {
    const d = this.dice;
    const id = ulid(at, d);
    const key = ulid(at - 800, d);
    const width = d.pick([1600, 2400, 4000, 6000]);
    const r = {
      id, status: "accepted", run: 1, file: `https://img.example.org/files/rtp-request-files/${key}.jpg`, file_name: d.pick(names), preset: d.next() < 0.3 ? "avatar" : null,
      operations: [{ op: "resize", width: 800, height: 600, fit: "cover", position: "attention", enlarge: false, background: "#000000", kernel: "lanczos3" }, ...(d.next() < 0.5 ? [{ op: "grayscale" }] : [{ op: "sharpen", sigma: 1 }])],
      outputs: [], error: null, notification: { email: d.next() < 0.6 ? "pending" : "none", webhook: "none", email_detail: null, webhook_detail: null }, attempts: { preprocess: 0, process: 0, notify: 0 },
      timeline: [{ at: new Date(at).toISOString(), status: "accepted", node: `n${d.int(1, 3)}`, worker: "", took_ms: 0 }], created_at: new Date(at).toISOString(), updated_at: new Date(at).toISOString(), expires_at: null,
      metadata: d.next() < 0.5 ? { order: d.int(1000, 99_999) } : null, ...more,
    };
    Object.defineProperty(r, "fate", { value: d.next() < 0.035 ? d.pick(faults) : null, writable: true });
    Object.defineProperty(r, "due", { value: at + d.time(typical[0]), writable: true });
    Object.defineProperty(r, "width", { value: width });
    this.list.unshift(r);
    this.byId.set(id, r);
    if (this.list.length > 3000) this.byId.delete(this.list.pop().id);
    return r;
  }

  move(r, status, at) {
    const d = this.dice;
    r.status = status;
    r.updated_at = new Date(at).toISOString();
    const working = status === "preprocessing" || status === "processing";
    if (working) r.attempts[status === "preprocessing" ? "preprocess" : "process"] += 1;
    const last = r.timeline.at(-1);
    const took = working || status === "cancelled" ? 0 : Math.round(at - Date.parse(last.at));
    r.timeline.push({ at: r.updated_at, status, node: working ? d.pick(this.fake.up()) ?? "n1" : last.node, worker: working ? `${status === "preprocessing" ? "preprocessor" : "processor"}-${d.int(1, 4)}` : last.worker, took_ms: took });
    if (status === "processed") {
      const key = ulid(at, d);
      const grey = r.operations.some((o) => o.op === "grayscale");
      r.outputs = [["large", "webp", 800, 600], ["thumb", "jpeg", 160, 120]].map(([name, format, width, height]) => ({ name, url: `https://img.example.org/files/rtp-processed-files/${key}/${name}${grey ? "-grey" : ""}.${format === "jpeg" ? "jpg" : format}`, format, width, height, size: d.int(4_000, 90_000) }));
      const place = (u) => u.slice(u.indexOf("/files/") + 7);
      for (const o of r.outputs) this.places.set(place(o.url), place(r.file));
      if (this.places.size > 8000) this.places.clear();
      if (r.notification.email === "pending") {
        r.notification.email = d.next() < 0.06 ? "failed" : "sent";
        if (r.notification.email === "failed") r.notification.email_detail = "550 5.1.1 no such user";
        r.attempts.notify = 1;
      }
    }
    if (status === "processed" || status === "failed" || status === "cancelled") {
      r.expires_at = new Date(at + 30 * 86_400_000).toISOString();
      this.fake.finals && (this.fake.finals[status] += 1);
    }
    for (const send of this.fake.news) send("request", { id: r.id, status, run: r.run });
  }

  next(r, at) {
    const i = steps.indexOf(r.status);
    if (i < 0 || i === 4) return;
    if (r.fate && steps[i] === (r.fate.stage === "preprocess" ? "preprocessing" : "processing")) {
      r.error = r.fate;
      this.move(r, "failed", at);
    } else {
      this.move(r, steps[i + 1], at);
    }
    r.due = at + this.dice.time(typical[i + 1] ?? 0);
  }
  finish(r) {
    while (steps.includes(r.status) && r.status !== "processed") this.next(r, r.due);
  }
  arrive(mean) {
    for (let n = this.dice.poisson(mean); n > 0; --n) this.move1(this.add());
  }
  move1(r) {
    for (const send of this.fake.news) send("request", { id: r.id, status: r.status, run: r.run });
  }
  step() {
    const at = Date.now();
    for (const r of this.list.slice(0, 600)) if (steps.includes(r.status) && r.status !== "processed" && r.due <= at) this.next(r, at);
  }
  counts() {
    const out = { accepted: 0, preprocessing: 0, preprocessed: 0, processing: 0, processed: 0, failed: 0, cancelled: 0 };
    const minute = Date.now() - 60_000;
    for (const r of this.list.slice(0, 1500)) {
      const final = !steps.includes(r.status) || r.status === "processed";
      if (!final || Date.parse(r.updated_at) > minute) out[r.status] += 1;
    }
    return out;
  }

  trace(r) {
    const names2 = { accepted: "accepted", preprocessed: "preprocess", processed: "process", failed: "failed" };
    const hops = [];
    let last = null;
    for (const e of r.timeline) {
      if (e.status === "accepted") hops.push(this.hop("accepted", "rtp-request-topic", null, e, "gateway", 1, 0, 4));
      if (e.status === "preprocessing" || e.status === "processing") last = e;
      if (names2[e.status] && e.status !== "accepted" && last) {
        const first = last.status === "preprocessing";
        const before = r.timeline[r.timeline.indexOf(last) - 1];
        const failed = e.status === "failed";
        hops.push(this.hop(first ? "preprocess" : "process", first ? "rtp-request-topic" : "rtp-preprocess-ok-topic", first ? "rtp-request-queue" : "rtp-preprocess-ok-queue", { ...last, at: last.at }, last.worker.replace("-", "/"), 1, Date.parse(last.at) - Date.parse(before.at), Date.parse(e.at) - Date.parse(last.at), failed ? "failed" : "done", failed ? r.error ?? { code: "timeout", detail: "in a run before" } : null));
      }
    }
    const end = r.timeline.at(-1);
    if (r.status === "processed" && r.notification.email !== "none") hops.push(this.hop("notify email", "rtp-notifier-topic", "rtp-notifier-queue", { ...end, at: new Date(Date.parse(end.at) + 6).toISOString() }, "notifier/1", 1, 5, 64, r.notification.email === "failed" ? "failed" : "done", r.notification.email === "failed" ? { code: "not_found", detail: r.notification.email_detail } : null));
    return { id: r.id, status: r.status, run: r.run, from: r.created_at, to: r.expires_at ? r.updated_at : null, hops };
  }
  hop(what, topic, queue, e, actor, attempt, waited_ms, worked_ms, outcome = "done", error = null) {
    return { what, topic, queue, node: e.node, actor, attempt, at: e.at, waited_ms: Math.max(0, Math.round(waited_ms)), worked_ms: Math.max(0, Math.round(worked_ms)), outcome, error };
  }
}
