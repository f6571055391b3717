import { useState } from "preact/hooks";
import { destructive } from "../lib/cluster";
import { count, duration, rate } from "../lib/format";
import { href, route, setParams } from "../lib/route";
import type { Message, Queue } from "../lib/types";
import { Icon } from "../ui/icons";
import { Card, Choice, Code, Empty, Failed, Loading, Page, RequestLink, Time, Unreachable } from "../ui/parts";
import { Rows, type Column } from "../ui/rows";
import { usePages, useRead } from "../ui/use";
import { DeadLetters } from "./dead_letters";
import { askPause } from "./queue_actions";

export type Tab = "visible" | "in_flight" | "delayed" | "dead" | "partitions";

const columns: Column<Message>[] = [
  { name: "id", head: "Message", width: "7rem", cell: (m) => <span class="id">{m.id}</span> },
  { name: "request", head: "Request", width: "7.5rem", cell: (m) => <RequestLink id={m.request} /> },
  { name: "kind", head: "Kind", width: "7rem", cell: (m) => m.kind },
  { name: "partition", head: "Partition", width: "5.5rem", num: true, cell: (m) => m.partition },
  { name: "age", head: "Age", width: "6rem", num: true, cell: (m) => duration(m.age_ms) },
  { name: "taken", head: "Taken", width: "4.5rem", num: true, cell: (m) => m.acquired },
  { name: "failed", head: "Failed", width: "4.5rem", num: true, cell: (m) => (m.failed ? <span class="bad">{m.failed}</span> : <span class="faint">0</span>) },
  { name: "now", head: "Now", width: "minmax(12rem, 1fr)", cell: (m) => m.lease ? <span>with <b>{m.lease.node.split("#")[0]}</b>, taken <Time at={m.lease.since} /></span> : m.state === "delayed" ? <span title={m.error?.detail}>again <Time at={m.visible_at} />{m.error && <span class="muted">, after <Code code={m.error.code} /></span>}</span> : <span class="muted">waits for a worker</span> },
];

export function Peek({ queue, state, partition }: { queue: string; state: Tab; partition?: string }) {
  const pages = usePages<Message>(`/queues/${encodeURIComponent(queue)}/messages`, "messages", { state, partition }, (m) => m.id);
  if (pages.error && !pages.rows.length) return <Failed error={pages.error} retry={pages.again} />;
  if (!pages.rows.length) return pages.loading ? <Loading /> : <Empty title={{ visible: "Nothing waits", in_flight: "Nothing is in flight", delayed: "Nothing is delayed", dead: "", partitions: "" }[state]}><p>{state === "delayed" ? "What failed and is tried again later stands here." : "Messages come and go faster than one can look."}</p><button class="btn" onClick={pages.again}><Icon name="refresh" />Look again</button></Empty>;
  return (
    <>
      <Unreachable nodes={pages.first?.unreachable as string[] | undefined} />
      <Rows label="Messages" rows={pages.rows} columns={columns} id={(m) => m.id} onEnd={pages.onEnd} height="calc(100dvh - 21rem)"
        error={pages.error} foot={<><span>{count(pages.rows.length)} seen, as of when they were looked at</span><button class="btn small" onClick={pages.again}><Icon name="refresh" />Look again</button></>} />
    </>
  );
}

function Partitions({ q }: { q: Queue }) {
  const most = Math.max(1, ...(q.partitions ?? []).map((p) => p.visible));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Partitions">
      <table class="table">
        <thead><tr><th>Partition</th><th>Leader</th><th class="wide">Waiting</th><th class="num">In flight</th><th class="num">Delayed</th><th class="num">Dead</th><th class="num">Oldest</th></tr></thead>
        <tbody>
          {(q.partitions ?? []).map((p) => (
            <tr key={p.partition}>
              <td>{p.partition}{p.paused && <span class="pill warn gap">paused</span>}</td>
              <td>{p.leader ?? <span class="bad">none</span>}</td>
              <td><div class="bar-cell"><span class="bar" style={{ width: `${(p.visible / most) * 100}%` }} /><span>{count(p.visible)}</span></div></td>
              <td class="num">{count(p.in_flight)}</td><td class="num">{count(p.delayed)}</td>
              <td class="num">{p.dead ? <span class="bad">{count(p.dead)}</span> : <span class="faint">0</span>}</td>
              <td class="num">{p.oldest_ms === null ? <span class="faint">–</span> : duration(p.oldest_ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function QueueView({ id }: { id: string }) {
  const read = useRead<{ queues: Queue[]; unreachable: string[] }>("/queues", {}, 2000);
  const tab = (route.value.params.tab ?? "visible") as Tab;
  const [turn, setTurn] = useState(0);
  const q = read.data?.queues.find((one) => one.name === id);
  const up = { text: "Queues", to: href(["queues"]) };
  const again = () => {
    read.again();
    setTurn((t) => t + 1);
  };
  if (!q) return <Page title={id} up={up}><Card>{read.data ? <Empty icon="search" title="There is no such queue" /> : read.error ? <Failed error={read.error} retry={read.again} /> : <Loading />}</Card></Page>;
  return (
    <Page title={id} up={up} actions={<>{q.paused && <span class="pill warn"><Icon name="pause" size={12} />paused</span>}{destructive.value && <button class="btn" onClick={() => askPause(q, again)}><Icon name={q.paused ? "play" : "pause"} />{q.paused ? "Resume" : "Pause"}</button>}</>}>
      <Unreachable nodes={read.data?.unreachable} />
      <div class="figures card">
        <div class="figure"><span class="muted">Waiting</span><b>{count(q.visible)}</b><span class="faint">{q.oldest_ms === null ? "nothing" : `oldest ${duration(q.oldest_ms)}`}</span></div>
        <div class="figure"><span class="muted">In flight</span><b>{count(q.in_flight)}</b><span class="faint">with workers</span></div>
        <div class="figure"><span class="muted">Delayed</span><b>{count(q.delayed)}</b><span class="faint">tried again later</span></div>
        <div class="figure"><span class="muted">Dead</span><b class={q.dead ? "bad" : ""}>{count(q.dead)}</b><span class="faint">{q.dead ? "wait for you" : "none"}</span></div>
        <div class="figure"><span class="muted">In</span><b>{rate(q.in_rate)}<small>/s</small></b><span class="faint">from {q.topic}</span></div>
        <div class="figure"><span class="muted">Out</span><b>{rate(q.out_rate)}<small>/s</small></b><span class="faint">{count(q.returned)} returned</span></div>
      </div>
      <Choice<Tab> label="What is shown" value={tab} pick={(t) => setParams({ tab: t, error: "" })} options={[
        { value: "visible", text: <>Waiting<span class="n">{count(q.visible)}</span></> }, { value: "in_flight", text: <>In flight<span class="n">{count(q.in_flight)}</span></> },
        { value: "delayed", text: <>Delayed<span class="n">{count(q.delayed)}</span></> }, { value: "dead", text: <>Dead letters<span class="n">{count(q.dead)}</span></> }, { value: "partitions", text: "Partitions" }]} />
      <Card>
        {tab === "partitions" ? <Partitions q={q} /> : tab === "dead" ? <DeadLetters key={turn} queue={id} changed={again} /> : <Peek key={`${tab}${turn}`} queue={id} state={tab} />}
      </Card>
    </Page>
  );
}
