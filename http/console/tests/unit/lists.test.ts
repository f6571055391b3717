import { expect, test } from "vitest";
import { History } from "../../src/lib/history";
import { append, applyChange, isNewer } from "../../src/lib/merge";
import { href, parse } from "../../src/lib/route";
import { byName, treeRows } from "../../src/lib/tree";
import type { Actor, RequestRecord } from "../../src/lib/types";
import { scrollTo, visibleRows } from "../../src/lib/virtual";

test("what is in sight of a long list is little, and the rest keeps its place", () => {
  for (const total of [0, 1, 20, 100_000])
    for (const top of [-50, 0, 17, 350, 1_000_000, 1e9]) {
      const w = visibleRows(total, 35, top, 700);
      expect(w.first).toBeGreaterThanOrEqual(0);
      expect(w.last).toBeLessThanOrEqual(total);
      expect(w.last - w.first).toBeLessThanOrEqual(20 + 16);
      expect(w.before + (w.last - w.first) * 35 + w.after).toBe(total * 35);
    }
  expect(visibleRows(1000, 35, 350, 700, 0)).toEqual({ first: 10, last: 30, before: 350, after: 970 * 35 });
  expect(visibleRows(1000, 35, 35_000, 700, 0)).toMatchObject({ first: 980, last: 1000 });
});

test("a row is scrolled to only as far as needed", () => {
  expect(scrollTo(5, 35, 0, 700)).toBe(0);
  expect(scrollTo(19, 35, 0, 700)).toBe(0);
  expect(scrollTo(20, 35, 0, 700)).toBe(35);
  expect(scrollTo(2, 35, 350, 700)).toBe(70);
});

test("pages that overlap hold each row once, as it was seen last", () => {
  const id = (r: { id: number }) => r.id;
  expect(append([{ id: 1, v: "a" }, { id: 2, v: "a" }], [{ id: 2, v: "b" }, { id: 3, v: "b" }, { id: 3, v: "c" }], id)).toEqual([{ id: 1, v: "a" }, { id: 2, v: "b" }, { id: 3, v: "c" }]);
});

test("a status never goes back within a run", () => {
  expect(isNewer({ status: "processing", run: 1 }, { status: "preprocessing", run: 1 })).toBe(false);
  expect(isNewer({ status: "processing", run: 1 }, { status: "failed", run: 1 })).toBe(true);
  expect(isNewer({ status: "failed", run: 1 }, { status: "processing", run: 1 })).toBe(false);
  expect(isNewer({ status: "failed", run: 1 }, { status: "accepted", run: 2 })).toBe(true);
  expect(isNewer({ status: "accepted", run: 2 }, { status: "processed", run: 1 })).toBe(false);
});

test("a change is applied to its row, and without one to none", () => {
  const rows = [{ id: "a", status: "accepted", run: 1 }, { id: "b", status: "processed", run: 1 }] as RequestRecord[];
  expect(applyChange(rows, { id: "a", status: "processing", run: 1 })[0]!.status).toBe("processing");
  expect(applyChange(rows, { id: "b", status: "processing", run: 1 })).toBe(rows);
  expect(applyChange(rows, { id: "c", status: "processing", run: 1 })).toBe(rows);
});

test("history is a ring, and the same second stands once", () => {
  const h = new History(["t", "x"], 3);
  for (const t of [1, 2, 2, 3, 4, 5]) h.push({ t, x: t * 10 });
  expect(h.column("t")).toEqual([3, 4, 5]);
  expect(h.column("x", 2)).toEqual([40, 50]);
  h.push({ t: 4, x: 0 });
  expect(h.size).toBe(3);
  h.push({ t: 6 });
  expect(h.column("x")[2]).toBeNaN();
});

test("an address is read as it was written", () => {
  const at = { path: ["requests", "a/b %"], params: { q: "x&y=ü", status: "failed" } };
  expect(parse(href(at.path, at.params))).toEqual(at);
  expect(parse("")).toEqual({ path: [], params: {} });
  expect(parse("#/requests?")).toEqual({ path: ["requests"], params: {} });
  expect(parse("#/100%")).toEqual({ path: ["100%"], params: {} });
  expect(href(["a"], { empty: "", none: null, gone: undefined })).toBe("#/a");
});

const actor = (id: string, parent: string | null, name: string, state = "idle") => ({ id, parent, name, node: "n1", state }) as Actor;

test("the tree has parents before children, in the order of numbers", () => {
  const rows = treeRows([actor("3", "1", "w/10"), actor("1", null, "root"), actor("2", "1", "w/9"), actor("4", "gone", "orphan")], new Set());
  expect(rows.map((r) => [r.actor.name, r.depth, r.children])).toEqual([["orphan", 0, 0], ["root", 0, 2], ["w/9", 1, 0], ["w/10", 1, 0]]);
  expect(byName("w/9", "w/10")).toBeLessThan(0);
});

test("a closed branch still tells of trouble below it", () => {
  const all = [actor("1", null, "root"), actor("2", "1", "group"), actor("3", "2", "w", "stuck"), actor("4", "2", "v", "backoff")];
  const rows = treeRows(all, new Set(["1"]));
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({ open: false, trouble: 2 });
});

test("actors that name each other as parents end the walk", () => {
  expect(treeRows([actor("1", "2", "a"), actor("2", "1", "b"), actor("3", null, "c")], new Set()).map((r) => r.actor.id)).toContain("3");
});
