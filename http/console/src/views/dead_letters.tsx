import { useState } from "preact/hooks";
import { destructive } from "../lib/cluster";
import { count, plural } from "../lib/format";
import { route, setParams } from "../lib/route";
import type { Group, Message } from "../lib/types";
import { Icon } from "../ui/icons";
import { Code, Empty, Failed, Loading, RequestLink, Time, Unreachable } from "../ui/parts";
import { Modal } from "../ui/ask";
import { Rows, type Column } from "../ui/rows";
import { usePages } from "../ui/use";
import { askDiscard, askRedrive } from "./queue_actions";

function Letter({ m, close, queue, changed }: { m: Message; close: () => void; queue: string; changed: () => void }) {
  return (
    <Modal label={`Dead letter ${m.id}`} close={close}>
      <div class="body">
        <h2>Dead letter <span class="id">{m.id}</span></h2>
        {m.error && <div class="note bad"><Icon name="alert" /><span><Code code={m.error.code} />: {m.error.detail}</span></div>}
        <dl class="kv">
          <dt>Request</dt><dd><RequestLink id={m.request} short={false} /> {m.run > 1 && <span class="faint">run {m.run}</span>}</dd>
          <dt>Kind</dt><dd>{m.kind}, partition {m.partition}</dd>
          <dt>Published</dt><dd><Time at={m.enqueued_at} /></dd>
          <dt>Died</dt><dd><Time at={m.dead_at} /></dd>
          <dt>Taken</dt><dd>{m.acquired === 1 ? "once" : `${m.acquired} times`}, failed {m.failed}</dd>
        </dl>
        <h3>Attempts</h3>
        <ol class="timeline tight">
          {m.attempts.map((a, i) => <li key={i}><i class={`dot ${a.counted ? "bad" : ""}`} /><div><b><Code code={a.code} /></b><span class="muted">{a.node}: {a.detail}{!a.counted && ", not counted"}</span></div><div class="num"><Time at={a.at} /></div></li>)}
        </ol>
        <div class="buttons">
          {destructive.value && <button class="btn danger" onClick={() => { close(); askDiscard(queue, [m], changed); }}><Icon name="trash" />Discard</button>}
          {destructive.value && <button class="btn primary" onClick={() => { close(); askRedrive(queue, { which: { ids: [m.id] }, n: 1 }, changed); }}><Icon name="redo" />Redrive</button>}
          <button class="btn" onClick={close}>Close</button>
        </div>
      </div>
    </Modal>
  );
}

export function DeadLetters({ queue, changed }: { queue: string; changed: () => void }) {
  const error = route.value.params.error ?? "";
  const pages = usePages<Message>(`/queues/${encodeURIComponent(queue)}/dead-letters`, "messages", { error }, (m) => m.id);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [shown, setShown] = useState<Message | null>(null);
  const first = pages.first as { groups: Group[]; more?: boolean; unreachable: string[] } | null;
  const toggle = (id: string) => {
    const next = new Set(picked);
    if (!next.delete(id)) next.add(id);
    setPicked(next);
  };
  const chosen = pages.rows.filter((m) => picked.has(m.id));
  const all = pages.rows.length > 0 && chosen.length === pages.rows.length;
  const columns: Column<Message>[] = [
    ...(destructive.value ? [{ name: "pick", head: <input type="checkbox" aria-label="Select all that are loaded" checked={all} onChange={() => setPicked(all ? new Set() : new Set(pages.rows.map((m) => m.id)))} />, width: "2.2rem", cell: (m: Message) => <input type="checkbox" tabIndex={-1} aria-label={`Select ${m.id}`} checked={picked.has(m.id)} onChange={() => toggle(m.id)} /> } satisfies Column<Message>] : []),
    { name: "id", head: "Message", width: "6.5rem", cell: (m) => <span class="id">{m.id}</span> },
    { name: "error", head: "Error", width: "minmax(9rem, 0.7fr)", cell: (m) => <span class="bad"><Code code={m.error?.code ?? "unknown"} /></span> },
    { name: "detail", head: "What happened", width: "minmax(14rem, 1.6fr)", cell: (m) => <span class="muted" title={m.error?.detail}>{m.error?.detail}</span> },
    { name: "request", head: "Request", width: "7.5rem", cell: (m) => <RequestLink id={m.request} /> },
    { name: "kind", head: "Kind", width: "7rem", cell: (m) => m.kind },
    { name: "tries", head: "Failed", width: "5rem", num: true, cell: (m) => `${m.failed}×` },
    { name: "dead", head: "Died", width: "7.5rem", num: true, cell: (m) => <Time at={m.dead_at} /> },
  ];
  if (pages.error && !pages.rows.length) return <Failed error={pages.error} retry={pages.again} />;
  if (!first) return <Loading rows={8} />;
  if (first.groups.length === 0) return <Empty icon="check" title="No dead letters"><p>What fails as often as its queue allows is put aside here, with its errors, until somebody redrives or discards it.</p></Empty>;
  const sum = first.groups.reduce((n, g) => n + g.count, 0);
  // What the node says in all is of all errors.
  const fits = error ? (first.groups.find((g) => g.code === error)?.count ?? 0) : sum;
  const plus = first.more ? "+" : "";
  return (
    <>
      <div class="toolbar">
        <div class="row wrap grow" role="group" aria-label="By error">
          <button class="pill" aria-pressed={!error} onClick={() => { setPicked(new Set()); setParams({ error: "" }); }}>all <b>{count(sum)}{plus}</b></button>
          {first.groups.map((g) => <button key={g.code} class="pill" aria-pressed={error === g.code} onClick={() => { setPicked(new Set()); setParams({ error: g.code }); }}><Code code={g.code} /><b>{count(g.count)}</b></button>)}
        </div>
        {destructive.value && (chosen.length > 0 ? (
          <div class="row">
            <button class="btn small danger" onClick={() => askDiscard(queue, chosen, changed)}><Icon name="trash" />Discard {count(chosen.length)}</button>
            <button class="btn small primary" onClick={() => askRedrive(queue, { which: { ids: chosen.map((m) => m.id) }, n: chosen.length }, changed)}><Icon name="redo" />Redrive {count(chosen.length)}</button>
          </div>
        ) : (
          <button class="btn small" onClick={() => askRedrive(queue, { which: error ? { error } : {}, n: fits, ...(first.more ? { more: true } : {}) }, changed)}><Icon name="redo" />Redrive {error ? "these" : "all"} {count(fits)}{plus}</button>
        ))}
      </div>
      <Unreachable nodes={first.unreachable} />
      <Rows label="Dead letters" rows={pages.rows} columns={columns} id={(m) => m.id} open={setShown} onEnd={pages.onEnd} height="calc(100dvh - 24rem)"
        onKey={(m, key) => { if (key !== "x" || !destructive.value) return false; toggle(m.id); return true; }}
        error={pages.error} foot={<><span>{count(pages.rows.length)} of {count(fits)}{plus} loaded{picked.size ? `, ${plural(picked.size, "selected", "selected")}` : ""}</span>{pages.more && <button class="btn small" onClick={pages.more}>Load more</button>}</>} />
      {shown && <Letter m={shown} queue={queue} close={() => setShown(null)} changed={changed} />}
    </>
  );
}
