// The cluster that is made up: three nodes, eight partitions, three queues, and what an operator has to find.
import { makeActors } from "./actors.mjs";
import { dice } from "./random.mjs";
import { Requests } from "./requests.mjs";
import { deadLetters, waitingMessage } from "./messages.mjs";

export const queueNames = ["rtp-request-queue", "rtp-preprocess-ok-queue", "rtp-notifier-queue"];
export const topicNames = ["rtp-request-topic", "rtp-preprocess-ok-topic", "rtp-notifier-topic"];
const stageNames = ["preprocess", "process", "notify"];
const pace = { busy: 26, empty: 0, crowd: 140 };

export class Fake {
  constructor({ scene = "busy", token = "", still = false }) {
    this.dice = dice(7);
    this.still = still;
    this.token = token;
    this.silent = false;
    this.onSilent = () => {};
    this.destructive = true;
    this.down = new Set();
    this.draining = new Set();
    this.started = Date.now() - 3 * 86_400_000 - 7_200_000;
    this.news = new Set();
    this.setScene(scene);
    this.timer = setInterval(() => this.tick(), 1000);
    this.quick = setInterval(() => this.requests.step(), 120);
  }

  setScene(scene) {
    this.scene = scene;
    const busy = scene !== "empty";
    this.draining.clear();
    this.arrivals = pace[scene];
    this.queues = queueNames.map((name, i) => ({
      name, topic: topicNames[i], in: 0, out: 0, acquired: busy ? 48_211 - i * 900 : 0, returned: busy ? 37 - i * 9 : 0,
      partitions: Array.from({ length: 8 }, () => ({ visible: busy ? [1, 9, 0][i] : 0, in_flight: busy ? [1, 1, 0][i] : 0, delayed: busy && i === 2 ? 2 : 0, paused: false })),
    }));
    this.topics = topicNames.map((name, i) => ({ name, published: busy ? 48_300 - i * 1_100 : 0, rate: 0 }));
    this.leaders = Array.from({ length: 8 }, (_, p) => `n${(p % 3) + 1}`);
    this.terms = Array.from({ length: 8 }, (_, p) => 3 + (p % 3));
    this.applied = Array.from({ length: 8 }, (_, p) => (busy ? 91_000 + p * 517 : 12));
    this.dead = new Map(queueNames.map((q, i) => [q, busy ? deadLetters(this, i, scene === "crowd" && i === 1 ? 100_000 : [4, 38, 3][i]) : []]));
    this.actors = makeActors(this, scene === "crowd" ? 10_000 : 180);
    this.suppressions = busy ? ["gone@example.org", "no-such-user@mail.example", "quota.exceeded@photos.example", "old.address@studio.example"].map((address, i) => ({
      address, since: new Date(Date.now() - (i + 1) * 5_400_000).toISOString(),
      detail: ["550 5.1.1 no such user", "550 5.1.10 recipient address rejected: user unknown", "552 5.2.2 mailbox full", "550 5.4.1 domain not found"][i], request: null,
    })) : [];
    this.audit = busy ? [
      ["redrive rtp-preprocess-ok-queue", "12 messages", "done", null, 900],
      ["pause rtp-notifier-queue", null, "done", null, 4_000],
      ["resume rtp-notifier-queue", null, "done", null, 3_400],
      ["discard rtp-request-queue", "message 3-4711", "done", "the customer withdrew it", 9_000],
      ["move leader", "partition 4 to n2", "conflict: n2 cannot be reached now", null, 20_000],
    ].map(([what, on, outcome, reason, s]) => this.entry(what, on, outcome, reason, Date.now() - s * 1000)).sort((a, b) => b.at.localeCompare(a.at)) : [];
    this.requests = new Requests(this, busy ? 400 : 0);
    this.suppressions.forEach((s, i) => (s.request = this.requests.list[i * 3 + 5]?.id));
    this.finals = { processed: 0, failed: 0, cancelled: 0 };
  }

  entry(what, on, outcome = "done", reason = null, at = Date.now()) {
    return { at: new Date(at).toISOString(), who: this.token ? "admin token" : "loopback", from: "127.0.0.1", what, on, outcome, reason, node: "n1" };
  }
  log(what, on, reason = null) {
    this.audit.unshift(this.entry(what, on, "done", reason));
  }

  up() {
    return ["n1", "n2", "n3"].filter((n) => !this.down.has(n));
  }
  leaderOf(p) {
    if (this.down.has(this.leaders[p])) {
      this.leaders[p] = this.up()[p % this.up().length] ?? null;
      this.terms[p] += 1;
    }
    return this.leaders[p];
  }

  tick() {
    const d = this.dice;
    // The tide: an hour in four minutes.
    const wave = 1 + 0.35 * Math.sin(Date.now() / 38_000) + 0.12 * Math.sin(Date.now() / 7_000);
    if (!this.still) {
      const phase = Math.floor(Date.now() / 1000) % 150;
      if (phase === 100) this.down.add("n3");
      if (phase === 125) this.down.delete("n3");
    }
    let arriving = d.poisson(this.arrivals * wave);
    const capacity = [this.arrivals * 1.6, this.arrivals * 1.02, this.arrivals * 2];
    this.queues.forEach((q, i) => {
      this.topics[i].published += arriving;
      this.topics[i].rate = this.topics[i].rate * 0.8 + arriving * 0.2;
      for (let k = 0; k < arriving; ++k) q.partitions[d.int(0, 7)].visible += 1;
      let room = Math.min(d.poisson(capacity[i]), q.partitions.reduce((n, p) => n + (p.paused ? 0 : p.visible), 0));
      const done = room;
      for (let guard = 0; room > 0 && guard < 4000; ++guard) {
        const p = q.partitions[d.int(0, 7)];
        if (p.visible > 0 && !p.paused) {
          p.visible -= 1;
          room -= 1;
        }
      }
      const workers = this.workers(i);
      const busy = q.partitions.every((p) => p.paused) ? 0 : Math.min(workers, Math.round(workers * (i === 1 ? 0.94 : i === 0 ? 0.55 : 0.2) * Math.min(1, done / Math.max(1, this.arrivals)) + d.next() - 0.3));
      q.partitions.forEach((p, n) => (p.in_flight = Math.max(0, Math.floor(busy / 8) + (n < busy % 8 ? 1 : 0))));
      q.acquired += done;
      q.in = q.in * 0.8 + arriving * 0.2;
      q.out = q.out * 0.8 + done * 0.2;
      q.busy = Math.max(0, busy);
      arriving = done;
    });
    this.applied = this.applied.map((a) => a + d.poisson(this.arrivals / 2));
    this.requests.arrive(Math.min(this.arrivals, 12) * wave);
    for (const send of this.news) send("overview", this.overview());
  }

  workers(i) {
    return this.up().length * [4, 8, 4][i];
  }
  sum(q, key) {
    return q.partitions.reduce((n, p) => n + p[key], 0);
  }
  deadIn(q, p) {
    return this.dead.get(q.name).filter((m) => m.partition === p).length;
  }
  queue(q, partitions) {
    const waits = this.sum(q, "visible");
    const out = {
      name: q.name, topic: q.topic, visible: waits, in_flight: this.sum(q, "in_flight"), delayed: this.sum(q, "delayed"), dead: this.dead.get(q.name).length,
      oldest_ms: waits ? Math.round((waits / Math.max(0.5, q.out)) * 1000) : null, in_rate: q.in, out_rate: q.out, acquired: q.acquired, returned: q.returned,
      paused: q.partitions.every((p) => p.paused),
    };
    if (partitions)
      out.partitions = q.partitions.map((p, n) => ({ partition: n, leader: this.leaderOf(n), visible: p.visible, in_flight: p.in_flight, delayed: p.delayed, dead: this.deadIn(q, n), oldest_ms: p.visible ? 300 + p.visible * 210 : null, paused: p.paused }));
    return out;
  }
  topic(t, i) {
    return { name: t.name, subscribers: [queueNames[i]], published: t.published, rate: t.rate };
  }
  overview() {
    const per = this.up().length;
    const worn = [[28, 96], [212, 940], [41, 380]];
    return {
      at: new Date().toISOString(),
      topics: this.topics.map((t, i) => this.topic(t, i)),
      queues: this.queues.map((q) => this.queue(q, false)),
      nodes: ["n1", "n2", "n3"].map((name, i) => {
        const up = !this.down.has(name);
        return { name, up, draining: this.draining.has(name), load: up ? (this.arrivals / 12) * (0.8 + i * 0.2) : 0, busy_workers: up ? Math.round(this.queues.reduce((n, q) => n + (q.busy ?? 0), 0) / per) : 0, workers: up ? 16 : 0, images_per_s: up ? this.queues[1].out / per : 0 };
      }),
      stages: stageNames.map((name, i) => ({ name, workers: this.workers(i), busy: this.queues[i].busy ?? 0, rate: this.queues[i].out, p50_ms: this.arrivals ? worn[i][0] * (1 + 0.1 * Math.sin(Date.now() / 9000 + i)) : 0, p99_ms: this.arrivals ? worn[i][1] * (1 + 0.25 * Math.sin(Date.now() / 13_000 + i)) : 0 })),
      requests: this.requests.counts(),
    };
  }

  waiting(q, state, partition) {
    const out = [];
    q.partitions.forEach((p, n) => {
      if (partition !== null && n !== partition) return;
      for (let k = 0; k < Math.min(p[state], 200); ++k) out.push(waitingMessage(this, queueNames.indexOf(q.name), n, k, state));
    });
    return out.sort((a, b) => a.enqueued_at.localeCompare(b.enqueued_at));
  }

  cluster() {
    const node = (name, i) => {
      const up = !this.down.has(name);
      const base = { name, address: `http://10.0.0.${i + 1}:8080`, up };
      if (!up) return base;
      return {
        ...base, draining: this.draining.has(name), version: "0.1.0", since: new Date(this.started + i * 61_000).toISOString(), disk_free: [412e9, 388e9, 36e9][i], load: (this.arrivals / 12) * (0.8 + i * 0.2),
        memory: (420 + i * 37) * 1048576, actors: this.actors.list.filter((a) => a.node === name && a.state !== "dead").length, restarts: [1, 0, 7][i], leaders: this.leaders.filter((l) => l === name).length,
        formats: { read: ["jpeg", "png", "webp", "gif", "tiff", "avif", "svg", ...(i ? [] : ["heic", "pdf"])], write: ["jpeg", "png", "webp", "gif", "tiff", "avif"] },
        codecs: [{ program: "dip-codec", libvips: "8.18.7", libraries: { png: "1.6.58", webp: "1.6.0", aom: "3.12.1" } }],
        placement: { of: "8x3:n1,n2,n3", settled: i !== 2 || this.scene === "empty", partitions: 0, files: i === 2 && this.scene !== "empty" ? 214 : 0 },
        sees: ["n1", "n2", "n3"].filter((o) => o !== name).map((o) => ({ node: o, up: !this.down.has(o), since: new Date(this.started).toISOString(), last_heard_ms: this.down.has(o) ? null : 8 + i * 5 })),
      };
    };
    return {
      nodes: ["n1", "n2", "n3"].map(node),
      partitions: this.leaders.map((_, p) => ({
        partition: p, leader: this.leaderOf(p), term: this.terms[p],
        replicas: ["n1", "n2", "n3"].map((n) => {
          const up = !this.down.has(n);
          const lag = n === "n3" && p === 4 && this.scene !== "empty" ? 1_842 : 0;
          return { node: n, up, role: "voter", applied: up ? this.applied[p] - lag : null, lag: up ? lag : null, hash: null };
        }),
      })),
      console: { destructive: this.destructive },
    };
  }
}
