import { describe, expect, test } from "vitest";
import { ago, bytes, count, duration, exact, looksLikeId, percent, plural, rate, shortId } from "../../src/lib/format";

test("counts are grouped, and short from a million on", () => {
  expect(count(0)).toBe("0");
  expect(count(999_999)).toBe("999,999");
  expect(count(1_000_000)).toBe("1.00 M");
  expect(count(2.5e9)).toBe("2.50 G");
  expect(count(null)).toBe("–");
  expect(count(NaN)).toBe("–");
});

test("rates keep two digits that matter", () => {
  expect([0, 0.01, 0.06, 3.24, 9.94, 9.96, 1234.5].map(rate)).toEqual(["0", "<0.1", "0.1", "3.2", "9.9", "10", "1,235"]);
});

test("a share that is not nothing is not shown as nothing", () => {
  expect([0, 0.001, 0.01, 0.994, 1].map(percent)).toEqual(["0 %", "<1 %", "1 %", "99 %", "100 %"]);
});

test("sizes never show a thousand of a unit that has a larger one", () => {
  expect([0, 1023, 1024, 10_189, 1_048_575, 1_048_576, 64 * 1048576].map(bytes)).toEqual(["0 B", "1023 B", "1.0 KiB", "10 KiB", "1.0 MiB", "1.0 MiB", "64 MiB"]);
});

describe("durations", () => {
  test.each([
    [0, "0 ms"], [0.0001, "1 µs"], [0.34, "340 µs"], [0.9996, "1 ms"], [1.25, "1.3 ms"], [12.4, "12 ms"], [999.4, "999 ms"], [999.6, "1 s"], [1400, "1.4 s"], [9_960, "10 s"],
    [59_499, "59 s"], [59_600, "1 min"], [200_000, "3 min 20 s"], [3_600_000, "1 h"], [18_120_000, "5 h 2 min"], [273_600_000, "3 d 4 h"], [-1400, "−1.4 s"],
  ])("%d ms is %s", (ms, text) => expect(duration(ms)).toBe(text));
});

test("time in words is of one unit, past and to come", () => {
  const now = Date.parse("2026-03-04T05:06:07.000Z");
  const at = (s: number) => ago(new Date(now - s * 1000).toISOString(), now);
  expect([0, 1, 2, 59, 60, 3599, 3600, 86_400].map(at)).toEqual(["just now", "just now", "2 s ago", "59 s ago", "1 min ago", "59 min ago", "1 h ago", "1 d ago"]);
  expect(at(-180)).toBe("in 3 min");
  expect(ago("nonsense", now)).toBe("–");
  expect(ago(null, now)).toBe("–");
});

test("the exact time has milliseconds and its zone", () => {
  expect(exact("2026-03-04T05:06:07.089Z")).toMatch(/^2026-03-0\d \d{2}:\d{2}:07\.089 UTC/);
  expect(exact("nonsense")).toBe("–");
});

test("an id is known by its shape", () => {
  expect(looksLikeId(" 01KAVD3Z9NFQ4T7WBYV6S2R8X0 ")).toBe(true);
  expect(looksLikeId("01KAVD3Z9NFQ4T7WBYV6S2R8X")).toBe(false);
  expect(looksLikeId("81KAVD3Z9NFQ4T7WBYV6S2R8X0")).toBe(false);
  expect(looksLikeId("01KAVD3Z9NFQ4T7WBYV6S2R8XU")).toBe(false);
  expect(shortId("01KAVD3Z9NFQ4T7WBYV6S2R8X0")).toBe("…V6S2R8X0");
});

test("one thing is not many", () => {
  expect(plural(1, "message")).toBe("1 message");
  expect(plural(1200, "message")).toBe("1,200 messages");
  expect(plural(2, "entry", "entries")).toBe("2 entries");
});
