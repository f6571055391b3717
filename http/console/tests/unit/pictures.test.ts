import { expect, test } from "vitest";
import { slowest, stepsOf } from "../../src/lib/flow";
import { operationsOf, pick, recipe, whereOf } from "../../src/lib/recipe";
import type { Hop, Overview, Trace } from "../../src/lib/types";
import { bars, ticks } from "../../src/lib/waterfall";
import description from "../../dev/fake/openapi.json";

const queue = (visible: number, out_rate: number, paused = false) => ({ name: `q${visible}`, topic: "t", visible, in_flight: 0, delayed: 0, dead: 0, oldest_ms: null, in_rate: 0, out_rate, acquired: 0, returned: 0, paused });
const overview = (...queues: ReturnType<typeof queue>[]): Overview => ({
  at: "", topics: [], queues, nodes: [], requests: {},
  stages: ["preprocess", "process", "notify"].slice(0, queues.length).map((name) => ({ name, workers: 4, busy: 1, rate: 1, p50_ms: 1, p99_ms: 1 })),
});

test("the slowest step is the one whose backlog takes longest, not the longest backlog", () => {
  expect(slowest(stepsOf(overview(queue(1000, 500), queue(100, 2), queue(0, 0))))).toBe(1);
});
test("what does not move at all is slower, and what is paused slowest", () => {
  expect(slowest(stepsOf(overview(queue(1, 0), queue(10_000, 1))))).toBe(0);
  expect(slowest(stepsOf(overview(queue(1, 0), queue(1, 9, true))))).toBe(1);
});
test("a backlog that nobody feels is none", () => {
  expect(slowest(stepsOf(overview(queue(3, 10), queue(0, 0))))).toBeNull();
  expect(stepsOf(overview(queue(0, 0)))[0]!.clears_ms).toBe(0);
  expect(stepsOf(overview(queue(5, 0)))[0]!.clears_ms).toBeNull();
});

const hop = (at: string | null, waited_ms: number | null, worked_ms: number | null) => ({ what: "x", at, waited_ms, worked_ms }) as Hop;
const trace = (...hops: Hop[]) => ({ from: "2026-01-01T00:00:01.000Z", to: "2026-01-01T00:00:02.000Z", hops }) as Trace;

test("a hop's waiting ends where its work begins, and all of it is inside", () => {
  const w = bars(trace(hop("2026-01-01T00:00:01.500Z", 500, 250), hop("2026-01-01T00:00:02.000Z", 100, 1000)));
  expect(w.span_ms).toBe(2000);
  expect(w.bars[0]).toMatchObject({ wait: { left: 0, width: 0.25 }, work: { left: 0.25, width: 0.125 }, total_ms: 750 });
  expect(w.bars[1]!.work!.left + w.bars[1]!.work!.width).toBe(1);
});
test("a hop without times has no bar, and a request without hops no length", () => {
  expect(bars(trace(hop(null, null, null))).bars[0]).toMatchObject({ wait: null, work: null, total_ms: null });
  const none = bars({ from: "", to: "", hops: [hop(null, null, null)] } as unknown as Trace);
  expect(none.span_ms).toBe(0);
  expect(none.bars).toHaveLength(1);
});
test("the axis has round numbers from nothing to the end", () => {
  expect(ticks(1900)).toEqual([0, 500, 1000, 1500]);
  expect(ticks(100)).toEqual([0, 20, 40, 60, 80, 100]);
  expect(ticks(0)).toEqual([0]);
  for (const span of [0.3, 7, 123, 4567, 89e3, 3e6]) expect(ticks(span).length).toBeLessThanOrEqual(7);
});

const known = operationsOf(description as never);
test("the form has every operation that the node describes, with its bounds", () => {
  expect(known.length).toBe(Object.keys(description.components.schemas.Operation.discriminator.mapping).length);
  const blur = known.find((o) => o.op === "blur")!.params;
  expect(blur).toMatchObject([{ name: "sigma", kind: "number", min: 0.3, max: 1000, standard: "1", needed: false }]);
  const tint = known.find((o) => o.op === "tint")!.params;
  expect(tint).toMatchObject([{ name: "color", kind: "colour", needed: true }]);
  expect(known.find((o) => o.op === "resize")!.params.map((p) => p.kind)).toEqual(["integer", "integer", "choice", "choice", "flag", "colour", "choice"]);
});
test("a new step has what is needed to be taken, where a person need not choose it", () => {
  for (const o of known) {
    const have = pick(o.op, 0).values;
    for (const p of o.params) if (p.needed && p.name !== "file") expect(have, `${o.op}.${p.name}`).toHaveProperty(p.name);
  }
});
test("numbers are numbers in a recipe, and what is empty is left to the node", () => {
  const steps = [{ key: 0, op: "resize", values: { width: "800", height: "", enlarge: true } }, { key: 1, op: "flip", values: { stray: "x" } }];
  expect(recipe(steps, known)).toEqual([{ op: "resize", width: 800, enlarge: true }, { op: "flip" }]);
});
test("a pointer names the step and the field", () => {
  expect(whereOf("/operations/2/sigma")).toEqual({ step: 2, field: "sigma" });
  expect(whereOf("/operations/0")).toEqual({ step: 0, field: "" });
  expect(whereOf("/file")).toBeNull();
});
