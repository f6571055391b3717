// The pipeline as a picture: what comes in, where it waits, who works on it. Dots run where messages do.
import type { Step } from "../lib/flow";
import { count, duration, percent, rate } from "../lib/format";
import { history, link } from "../lib/live";
import { href } from "../lib/route";
import { Spark } from "../ui/chart";
import { Meter } from "../ui/parts";

// From a dot every few seconds to a stream; none where nothing moves, or nobody knows.
function Pipe({ perSecond, label }: { perSecond: number; label: string }) {
  const moving = perSecond >= 0.05 && link.value.state === "live";
  const speed = moving ? Math.max(0.35, Math.min(3, 3 / Math.sqrt(perSecond))) : 0;
  return (
    <div class={`pipe ${moving ? "moving" : ""}`} title={`${label}: ${rate(perSecond)}/s`} style={moving ? { "--speed": `${speed.toFixed(2)}s` } : {}}>
      <i /><span>{rate(perSecond)}<small>/s</small></span>
    </div>
  );
}

function StepCard({ step, slow }: { step: Step; slow: boolean }) {
  const { queue, stage } = step;
  if (!queue || !stage) return null;
  const state = queue.paused ? "paused" : slow ? "slowest" : "";
  return (
    <div class={`step ${state}`}>
      <div class="step-queue">
        <a class="step-name clip" href={href(["queues", queue.name])} title={queue.name}>{queue.name}</a>
        <div class="step-depth"><b>{count(queue.visible)}</b><span class="muted">waiting</span></div>
        <dl class="step-facts">
          <div><dt>oldest</dt><dd>{queue.oldest_ms === null ? "–" : duration(queue.oldest_ms)}</dd></div>
          <div><dt>in flight</dt><dd>{count(queue.in_flight)}</dd></div>
          <div><dt>delayed</dt><dd>{count(queue.delayed)}</dd></div>
          <div><dt>dead</dt><dd>{queue.dead ? <a class="bad" href={href(["queues", queue.name], { tab: "dead" })}>{count(queue.dead)}</a> : "0"}</dd></div>
        </dl>
      </div>
      <div class="step-work">
        <div class="row"><b class="grow">{step.title}</b>{state && <span class={`pill ${"warn"}`}>{queue.paused ? "paused" : "slowest"}</span>}</div>
        <Spark values={history.column(stage.name, 60)} label={`${step.title}: messages each second over the last minute`} />
        <div class="step-busy"><Meter share={step.share} how={step.share >= 0.98 ? "warn" : ""} /><span class="muted nowrap">{percent(step.share)} of {stage.workers}</span></div>
        <div class="row faint step-times">{stage.p50_ms ? <><span>half in {duration(stage.p50_ms)}</span><span>99 % in {duration(stage.p99_ms)}</span></> : <span>no work yet</span>}</div>
      </div>
    </div>
  );
}

export function Flow({ steps, slow }: { steps: Step[]; slow: number | null }) {
  return (
    <ol class="flow">
      {steps.map((s, i) => (
        <li key={s.title}>
          <Pipe perSecond={s.topic?.rate ?? 0} label={s.topic?.name ?? ""} />
          <StepCard step={s} slow={i === slow} />
        </li>
      ))}
      <li class="flow-end"><Pipe perSecond={steps.at(-1)?.stage?.rate ?? 0} label="told" /><span class="muted">done</span></li>
    </ol>
  );
}
