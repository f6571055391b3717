import { ago, count, duration, percent, rate } from "../lib/format";
import { concernsOf, type Concern } from "../lib/concerns";
import { slowest, stepsOf } from "../lib/flow";
import { history, link, now, overview } from "../lib/live";
import { href } from "../lib/route";
import type { Actor, Cluster, OverviewNode, RequestStatus } from "../lib/types";
import { Chart } from "../ui/chart";
import { Icon } from "../ui/icons";
import { Card, Failed, Loading, Meter, Page } from "../ui/parts";
import { useRead } from "../ui/use";
import { Flow } from "./flow";
import { ApiError, tokenWanted } from "../lib/api";

function Figure({ label, value, unit, hint, how = "" }: { label: string; value: string; unit?: string; hint?: string; how?: string }) {
  return (
    <div class="figure">
      <span class="muted">{label}</span>
      <b class={how}>{value}{unit && <small>{unit}</small>}</b>
      {hint && <span class="faint">{hint}</span>}
    </div>
  );
}

function NodeRow({ n }: { n: OverviewNode }) {
  const share = n.workers ? n.busy_workers / n.workers : 0;
  const how = !n.up ? "bad" : n.draining ? "warn" : "good";
  return (
    <li class="node-row">
      <span class="badge"><i class={`dot ${how}`} /><b>{n.name}</b></span>
      {n.up ? (
        <>
          <span class="node-meter"><Meter share={share} /><span class="muted">{n.busy_workers} of {n.workers} workers</span></span>
          <span class="num muted">load {n.load.toFixed(1)}</span>
          <span class="num">{n.draining ? <span class="warn">draining</span> : <>{rate(n.images_per_s)} <span class="faint">img/s</span></>}</span>
        </>
      ) : <span class="bad">does not answer</span>}
    </li>
  );
}

const shown: { status: RequestStatus; text: string }[] = [
  { status: "accepted", text: "Accepted" }, { status: "preprocessing", text: "Preprocessing" }, { status: "preprocessed", text: "Preprocessed" },
  { status: "processing", text: "Processing" }, { status: "processed", text: "Processed" }, { status: "failed", text: "Failed" }, { status: "cancelled", text: "Cancelled" },
];

function Concerns({ all }: { all: Concern[] }) {
  if (!all.length) return null;
  return (
    <Card title="Needs a look" class="concerns">
      <ul>
        {all.map((c) => <li key={c.text}><a href={c.to}><span class={c.how}><Icon name="alert" /></span><span class="grow">{c.text}{c.more && <span class="muted">, {c.more}</span>}</span><span class="faint"><Icon name="right" size={14} /></span></a></li>)}
      </ul>
    </Card>
  );
}

type Some = { actors: Actor[] };

export function OverviewView() {
  const o = overview.value;
  const l = link.value;
  const cluster = useRead<Cluster>("/cluster", {}, 4000).data;
  const stuck = useRead<Some>("/actors", { state: "stuck", limit: 100 }, 4000).data;
  const restarted = useRead<Some>("/actors", { sort: "restarts", limit: 100 }, 4000).data;
  if (!o) {
    return (
      <Page title="Overview">
        <Card>{l.state === "lost" ? <Failed error={new ApiError(0, tokenWanted.value ? "unauthorized" : l.why === "the node does not answer" ? "unreachable" : "unknown", l.why)} /> : <Loading rows={8} />}</Card>
      </Page>
    );
  }
  const steps = stepsOf(o);
  const slow = slowest(steps);
  const step = slow === null ? null : steps[slow]!;
  const waiting = o.queues.reduce((n, q) => n + q.visible, 0);
  const dead = o.queues.reduce((n, q) => n + q.dead, 0);
  const busy = o.stages.reduce((n, s) => n + s.busy, 0);
  const workers = o.stages.reduce((n, s) => n + s.workers, 0);
  const down = o.nodes.filter((n) => !n.up);
  const done = o.stages.find((s) => s.name === "process");
  const ins = history.column("in", 60);
  const mean = ins.reduce((a, b) => a + b, 0) / Math.max(1, ins.length);
  const idle = !waiting && !busy && (o.topics[0]?.rate ?? 0) < 0.05;
  const concerns = concernsOf(o, cluster, { stuck: stuck?.actors ?? [], restarted: restarted?.actors ?? [] });
  const first = concerns.find((c) => c.verdict);
  return (
    <Page title="Overview" actions={<span class="muted verdict">
      {l.state === "lost" ? <span><i class="dot" />as it was {ago(o.at, now.value)}</span>
        : first ? <span class={first.how}><Icon name="alert" />{first.text}</span>
        : step ? <span class="warn"><Icon name="alert" />{`${step.title} holds the rest up`}</span>
        : <span><i class="dot good" />{idle ? "Idle: nothing waits" : "Everything keeps up"}</span>}
    </span>}>
      <div class="figures card">
        <Figure label="Coming in" value={rate(o.topics[0]?.rate)} unit="/s" hint={`${rate(mean)}/s last minute`} />
        <Figure label="Processed" value={rate(done?.rate)} unit="/s" hint={done?.p50_ms ? `half within ${duration(done.p50_ms)}` : "none yet"} />
        <Figure label="Waiting" value={count(waiting)} hint={step?.clears_ms ? `clears in ${duration(step.clears_ms)}` : "in all queues"} />
        <Figure label="Workers" value={percent(workers ? busy / workers : 0)} hint={`${busy} of ${workers} at work`} />
        <Figure label="Dead letters" value={count(dead)} how={dead ? "bad" : ""} hint={dead ? "need a look" : "none"} />
        <Figure label="Nodes" value={`${o.nodes.length - down.length}/${o.nodes.length}`} how={down.length ? "bad" : ""} hint={down.length ? `${down.map((n) => n.name).join(", ")} down` : "all answer"} />
      </div>
      <Concerns all={concerns} />
      <Card title="Pipeline" aside={<span>topic<Icon name="arrow" size={12} />queue<Icon name="arrow" size={12} />workers</span>}>
        <Flow steps={steps} slow={slow} />
      </Card>
      <div class="charts">
        <Card title="Throughput" aside={<span class="legend"><i class="key accent" />in<i class="key text" />processed</span>}>
          <Chart label="Requests coming in and processed each second, over five minutes" format={(n) => `${rate(n)}/s`} series={[{ column: "in", label: "in", tone: "accent" }, { column: "process", label: "processed", tone: "text" }]} />
        </Card>
        <Card title="Waiting" aside={<span class="legend"><i class="key accent" />messages in all queues</span>}>
          <Chart label="Messages that wait, over five minutes" format={(n) => (Number.isInteger(n) ? count(n) : "")} series={[{ column: "waiting", label: "waiting", tone: "accent" }]} />
        </Card>
        <Card title="Work, p99" aside={<span class="legend"><i class="key accent" />process<i class="key text" />preprocess</span>}>
          <Chart label="99th percentile of the time of work, over five minutes" format={duration} series={[{ column: "process_p99", label: "process", tone: "accent" }, { column: "preprocess_p99", label: "preprocess", tone: "text" }]} />
        </Card>
      </div>
      <div class="grid2">
        <Card title="Nodes" aside={<a href={href(["cluster"])}>Cluster</a>}>
          <ul class="node-rows">{o.nodes.map((n) => <NodeRow key={n.name} n={n} />)}</ul>
        </Card>
        <Card title="Requests" aside="on their way, and ended in the last minute">
          <ul class="status-rows">
            {shown.map((s) => (
              <li key={s.status}><a href={href(["requests"], { status: s.status })}><span class="clip">{s.text}</span><b class={s.status === "failed" && o.requests.failed ? "bad" : ""}>{count(o.requests[s.status] ?? 0)}</b></a></li>
            ))}
          </ul>
        </Card>
      </div>
    </Page>
  );
}
