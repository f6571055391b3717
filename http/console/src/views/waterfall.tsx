import { bars, ticks } from "../lib/waterfall";
import { duration, exact } from "../lib/format";
import type { Trace } from "../lib/types";

export function Waterfall({ trace }: { trace: Trace }) {
  const w = bars(trace);
  const marks = ticks(w.span_ms);
  return (
    <div class="wf">
      <div class="wf-row wf-axis" aria-hidden="true">
        <span />
        <div class="wf-track">{marks.map((t) => <span key={t} class="wf-tick" style={{ left: `${w.span_ms ? (t / w.span_ms) * 100 : 0}%` }}>{duration(t)}</span>)}</div>
        <span />
      </div>
      <ol>
        {w.bars.map(({ hop, wait, work, total_ms }, i) => {
          const failed = hop.outcome === "failed" || hop.error !== null;
          return (
            <li key={i} class="wf-row" title={`${hop.what}: ${exact(hop.at)}`}>
              <div class="wf-what">
                <b class={failed ? "bad" : ""}>{hop.what}{(hop.attempt ?? 0) > 1 && <span class="faint"> attempt {hop.attempt}</span>}</b>
                <span class="faint clip">{[hop.node, hop.actor].filter(Boolean).join(" · ")}</span>
              </div>
              <div class="wf-track">
                {marks.map((t) => <i key={t} class="wf-line" style={{ left: `${w.span_ms ? (t / w.span_ms) * 100 : 0}%` }} />)}
                {wait && <i class="wf-bar wait" style={{ left: `${wait.left * 100}%`, width: `${wait.width * 100}%` }} />}
                {work && <i class={`wf-bar ${failed ? "failed" : ""}`} style={{ left: `${Math.min(work.left * 100, 99.4)}%`, width: `${work.width * 100}%` }} />}
              </div>
              <div class="wf-times">
                <span>{duration(hop.worked_ms)}</span>
                <span class="faint">{hop.waited_ms ? `after ${duration(hop.waited_ms)}` : total_ms === null ? "not known" : ""}</span>
              </div>
              {hop.error && <p class="wf-error bad">{hop.error.code}: {hop.error.detail}</p>}
            </li>
          );
        })}
      </ol>
    </div>
  );
}
