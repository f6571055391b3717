import { expect, test } from "vitest";
import { backoff, EventParser, readEvents } from "../../src/lib/sse";

const text = ": here\n\nevent: overview\ndata: {\"a\":1}\n\nid: 7\r\nevent: request\r\ndata: one\r\ndata: two\r\n\r\ndata:bare\n\nevent: empty\n\n";
const events = [
  { event: "overview", data: '{"a":1}', id: "" },
  { event: "request", data: "one\ntwo", id: "7" },
  { event: "message", data: "bare", id: "7" },
];

test("a stream reads the same wherever it is cut", () => {
  for (let size = 1; size <= text.length; ++size) {
    const parser = new EventParser();
    const out = [];
    for (let at = 0; at < text.length; at += size) out.push(...parser.feed(text.slice(at, at + size)));
    expect(out).toEqual(events);
  }
});

test("a letter that is cut in two is whole again", async () => {
  const bytes = new TextEncoder().encode("data: Zürich 🐱\n\n");
  const body = new ReadableStream<Uint8Array>({
    start(c) {
      for (const b of bytes) c.enqueue(new Uint8Array([b]));
      c.close();
    },
  });
  const out: string[] = [];
  let pieces = 0;
  await readEvents(body, (e) => out.push(e.data), () => ++pieces);
  expect(out).toEqual(["Zürich 🐱"]);
  expect(pieces).toBe(bytes.length);
});

test("an event that is not finished is not told", () => {
  expect(new EventParser().feed("data: half\n")).toEqual([]);
});

test("waiting grows to a bound, and never to nothing", () => {
  expect(backoff(0, 0)).toBe(333);
  expect(backoff(0, 1)).toBe(500);
  expect(backoff(3, 1)).toBe(4000);
  expect(backoff(5, 1)).toBe(15_000);
  expect(backoff(1000, 1)).toBe(15_000);
  expect(backoff(1000, 0)).toBe(10_000);
});
