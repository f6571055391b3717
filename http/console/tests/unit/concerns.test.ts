import { expect, test } from "vitest";
import { concernsOf } from "../../src/lib/concerns";
import type { Actor, Cluster, Overview, Queue } from "../../src/lib/types";

const queue = (name: string, more: Partial<Queue> = {}) => ({ name, visible: 0, dead: 0, paused: false, ...more }) as Queue;
const node = (name: string, more = {}) => ({ name, up: true, draining: false, load: 0, busy_workers: 0, workers: 3, images_per_s: 0, ...more });
const overview = (more: Partial<Overview> = {}): Overview => ({ at: "2026-01-01T00:10:00.000Z", topics: [], queues: [queue("q")], nodes: [node("n1"), node("n2")], stages: [], requests: {}, ...more });
const cluster = (lag: number, leader: string | null = "n1"): Cluster => ({ nodes: [], partitions: [{ partition: 0, leader, term: 1, replicas: [{ node: "n1", up: true, applied: 9, lag: 0 }, { node: "n2", up: true, applied: 9, lag }] }] });
const actor = (name: string, more: Partial<Actor> = {}) => ({ id: `n1.${name}`, name, node: "n1", current: null, last_error: null, state: "idle", restarts: 0, restarted_at: null, ...more }) as Actor;
const none = { stuck: [], restarted: [] };
const told = (c: { text: string; more: string }) => (c.more ? `${c.text}: ${c.more}` : c.text);
const texts = (...of: Parameters<typeof concernsOf>) => concernsOf(...of).map(told);

test("where all is well there is nothing to look at", () => {
  expect(concernsOf(overview(), cluster(0), none)).toEqual([]);
  expect(concernsOf(overview(), null, none)).toEqual([]);
});

test("a replica is behind from more than a hundred entries on", () => {
  expect(texts(overview(), cluster(100), none)).toEqual([]);
  expect(texts(overview(), cluster(101), none)).toEqual(["n2 is behind: up to 101 entries, in 1 partition"]);
});

test("the worst comes first, and dead letters are no verdict", () => {
  const all = concernsOf(
    overview({ nodes: [node("n1", { draining: true }), node("n2", { up: false })], queues: [queue("q", { dead: 2, paused: true, visible: 3 })] }),
    cluster(5000, null), { stuck: [actor("a", { current: { message: "publish", for_ms: 9000 } })], restarted: [actor("b", { state: "backoff", restarts: 1, last_error: "boom" })] },
  );
  expect(all.map(told)).toEqual([
    "n2 does not answer", "1 partition without a leader", "a on n1 is stuck: at publish for 9 s", "b on n1 went down 1 time: boom",
    "q is paused: 3 messages waiting", "n1 is draining", "2 dead letters in q",
  ]);
  expect(all.filter((c) => !c.verdict).map((c) => c.text)).toEqual(["2 dead letters in q"]);
  expect(all.find((c) => c.text.startsWith("a on"))!.to).toBe("#/actors/n1.a");
});

test("many of a kind are told together", () => {
  const many = ["a", "b", "c"].map((n) => actor(n, { state: "backoff" }));
  expect(texts(overview(), null, { stuck: many, restarted: many })).toEqual(["3 actors are stuck", "3 actors go down again and again"]);
});

test("who went down three times and just now is told, who did so long ago is not", () => {
  const restarted = (restarts: number, restarted_at: string) => [actor("w", { restarts, restarted_at, last_error: "its process died" })];
  expect(texts(overview(), null, { stuck: [], restarted: restarted(3, "2026-01-01T00:06:00.000Z") })).toEqual(["w on n1 went down 3 times: its process died"]);
  expect(texts(overview(), null, { stuck: [], restarted: restarted(2, "2026-01-01T00:09:59.000Z") })).toEqual([]);
  expect(texts(overview(), null, { stuck: [], restarted: restarted(9, "2026-01-01T00:04:59.000Z") })).toEqual([]);
});
