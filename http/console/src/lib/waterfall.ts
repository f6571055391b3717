// A request's hops as bars on one line of time.
import type { Hop, Trace } from "./types";

export interface Bar {
  hop: Hop;
  wait: { left: number; width: number } | null; // shares of the whole, 0 to 1
  work: { left: number; width: number } | null;
  total_ms: number | null;
}

// A hop begins when it was taken: what it waited lies before, what it worked after. One without times has no bars.
export function bars(trace: Trace): { bars: Bar[]; from: number; span_ms: number } {
  const ends: number[] = [];
  const starts: number[] = [];
  for (const h of trace.hops) {
    if (h.at === null) continue;
    const at = Date.parse(h.at);
    starts.push(at - (h.waited_ms ?? 0));
    ends.push(at + (h.worked_ms ?? 0));
  }
  const from = Math.min(...starts, Date.parse(trace.from) || Infinity);
  const to = Math.max(...ends, Date.parse(trace.to ?? "") || -Infinity);
  if (!Number.isFinite(from) || !Number.isFinite(to))
    return { bars: trace.hops.map((hop) => ({ hop, wait: null, work: null, total_ms: null })), from: 0, span_ms: 0 };
  const span = Math.max(1, to - from);
  return {
    from,
    span_ms: to - from,
    bars: trace.hops.map((hop) => {
      if (hop.at === null) return { hop, wait: null, work: null, total_ms: null };
      const at = Date.parse(hop.at);
      const waited = hop.waited_ms ?? 0;
      const worked = hop.worked_ms ?? 0;
      return {
        hop,
        wait: waited > 0 ? { left: (at - waited - from) / span, width: waited / span } : null,
        work: { left: (at - from) / span, width: worked / span },
        total_ms: waited + worked,
      };
    }),
  };
}

// Round numbers for the axis: about `want` of them.
export function ticks(span_ms: number, want = 5): number[] {
  if (span_ms <= 0) return [0];
  const raw = span_ms / want;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= raw)!;
  const out: number[] = [];
  for (let t = 0; t <= span_ms * 1.0001; t += step) out.push(Number(t.toPrecision(12)));
  return out;
}
