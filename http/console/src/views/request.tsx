import { useEffect } from "preact/hooks";
import { post, remove } from "../lib/api";
import { destructive } from "../lib/cluster";
import { bytes, duration, exact, plural, shortId } from "../lib/format";
import { onRequest } from "../lib/live";
import { go, href } from "../lib/route";
import { isFinal, type RequestRecord, type Trace } from "../lib/types";
import { ask, doing } from "../ui/ask";
import { Icon } from "../ui/icons";
import { Card, Code, Empty, Failed, Loading, Page, Sent, Status, Time } from "../ui/parts";
import { Picture } from "../ui/picture";
import { useRead } from "../ui/use";
import { Waterfall } from "./waterfall";

function Actions({ r, again }: { r: RequestRecord; again: () => void }) {
  const told = r.notification.email !== "none" || r.notification.webhook !== "none";
  const pending = r.notification.email === "pending" || r.notification.webhook === "pending";
  const id = encodeURIComponent(r.id);
  return (
    <>
      {isFinal(r.status) && told && !pending && (
        <button class="btn" onClick={() => doing(async () => { await post(`/requests/${id}/resend`); again(); return "The notification is sent again"; })}><Icon name="mail" />Resend</button>
      )}
      {destructive.value && r.status === "failed" && (
        <button class="btn primary" onClick={() => ask({ title: "Retry this request", text: <>A new run, number {r.run + 1}, of {r.file_name}. The record of this one stays in its timeline.</>, confirm: "Retry", act: async () => { await post(`/requests/${id}/retry`); again(); return `Run ${r.run + 1} has begun`; } })}><Icon name="redo" />Retry</button>
      )}
      {destructive.value && !isFinal(r.status) && (
        <button class="btn danger" onClick={() => ask({ title: "Cancel this request", danger: true, text: <>{r.file_name} will not be processed, and nobody is told of a result. This cannot be taken back.</>, confirm: "Cancel the request", act: async () => { await remove(`/requests/${id}`); again(); return "The request is cancelled"; } })}><Icon name="close" />Cancel request</button>
      )}
    </>
  );
}

function Pictures({ r }: { r: RequestRecord }) {
  return (
    <div class="pictures">
      <figure>
        <Picture url={r.file} alt={`The upload, ${r.file_name}`} />
        <figcaption><b class="clip" title={r.file_name}>{r.file_name}</b><span class="muted">upload</span></figcaption>
      </figure>
      {r.outputs.map((o) => (
        <figure key={o.name}>
          <Picture url={o.url} alt={`The output ${o.name}`} />
          <figcaption><b class="clip" title={o.name}>{o.name}</b><span class="muted nowrap">{o.format}, {o.width} × {o.height}, {bytes(o.size)}</span></figcaption>
        </figure>
      ))}
      {r.outputs.length === 0 && <div class="picture-wait muted">{r.status === "failed" ? "no output: it failed" : r.status === "cancelled" ? "no output: it was cancelled" : <><Icon name="refresh" spin />on its way</>}</div>}
    </div>
  );
}

function Facts({ r }: { r: RequestRecord }) {
  return (
    <dl class="kv pad">
      <dt>Id</dt><dd class="id">{r.id}</dd>
      <dt>Accepted</dt><dd><Time at={r.created_at} /> <span class="faint">{exact(r.created_at)}</span></dd>
      <dt>Changed</dt><dd><Time at={r.updated_at} /></dd>
      {r.expires_at && <><dt>Kept until</dt><dd>{exact(r.expires_at).slice(0, 16)}</dd></>}
      <dt>Run</dt><dd>{r.run}</dd>
      <dt>Preset</dt><dd>{r.preset ?? <span class="faint">none</span>}</dd>
      <dt>Attempts</dt><dd>{Object.entries(r.attempts).filter(([, n]) => n > 0).map(([k, n]) => `${k} ${n}`).join(", ") || <span class="faint">none</span>}</dd>
      <dt>E-mail</dt><dd><Sent state={r.notification.email} />{r.notification.email_detail && <p class="bad">{r.notification.email_detail}</p>}</dd>
      <dt>Webhook</dt><dd><Sent state={r.notification.webhook} />{r.notification.webhook_detail && <p class="bad">{r.notification.webhook_detail}</p>}</dd>
    </dl>
  );
}

function Operations({ r }: { r: RequestRecord }) {
  return (
    <ol class="ops pad">
      {r.operations.map((o, i) => {
        const { op, ...rest } = o;
        return <li key={i}><b>{String(op)}</b><span class="muted">{Object.entries(rest).map(([k, v]) => `${k} ${typeof v === "object" ? JSON.stringify(v) : v}`).join(", ")}</span></li>;
      })}
      {r.operations.length === 0 && <li class="muted">None: the image is only written in another form.</li>}
    </ol>
  );
}

export function RequestView({ id }: { id: string }) {
  const path = `/requests/${encodeURIComponent(id)}`;
  const record = useRead<RequestRecord>(path);
  const trace = useRead<Trace>(`${path}/trace`);
  const both = () => {
    record.again();
    trace.again();
  };
  // Also what comes after the end: the notification has a state of its own.
  useEffect(() => onRequest((c) => (c === null || c.id === id) && both()), [id]);
  const r = record.data;
  const pending = r !== null && (r.notification.email === "pending" || r.notification.webhook === "pending");
  useEffect(() => {
    if (!pending) return;
    const timer = setInterval(both, 3000);
    return () => clearInterval(timer);
  }, [pending]);
  const up = { text: "Requests", to: href(["requests"]) };
  if (!r) {
    const none = record.error?.code === "not_found";
    return (
      <Page title={shortId(id)} up={up}>
        <Card>{none ? <Empty icon="search" title="There is no such request"><p class="id">{id}</p><p>It may be older than records are kept.</p><button class="btn" onClick={() => go(["requests"])}>All requests</button></Empty> : record.error ? <Failed error={record.error} retry={both} /> : <Loading rows={8} />}</Card>
      </Page>
    );
  }
  const total = trace.data?.to ? Date.parse(trace.data.to) - Date.parse(trace.data.from) : null;
  return (
    <Page title={<span title={id}>{r.file_name}</span>} up={up} actions={<><Status status={r.status} run={r.run} /><Actions r={r} again={both} /></>}>
      {r.error && <div class="note bad" role="status"><Icon name="alert" /><span><Code code={r.error.code} />{r.error.stage && ` in ${r.error.stage}`}: {r.error.detail}</span></div>}
      <div class="split">
        <div class="stack">
          <Card title="Its way" aside={<><span class="legend"><i class="key wait" />waiting<i class="key accent" />working</span>{trace.data && <span>{plural(trace.data.hops.length, "hop")}{total !== null && `, ${duration(total)}`}</span>}</>}>
            {trace.data ? <Waterfall trace={trace.data} /> : trace.error ? <Failed error={trace.error} retry={trace.again} /> : <Loading rows={4} />}
          </Card>
          <Card title="Pictures"><Pictures r={r} /></Card>
          <Card title="Operations" aside={plural(r.operations.length, "operation")}><Operations r={r} /></Card>
        </div>
        <div class="stack">
          <Card title="Record"><Facts r={r} /></Card>
          <Card title="Timeline">
            <ol class="timeline">
              {r.timeline.map((e, i) => (
                <li key={i}><i class={`dot ${e.status === "failed" ? "bad" : e.status === "processed" ? "good" : ""}`} /><div><b>{e.status}</b><span class="muted">{e.node}{e.worker && ` · ${e.worker}`}</span></div><div class="num"><Time at={e.at} /><span class="faint">{e.took_ms ? duration(e.took_ms) : ""}</span></div></li>
              ))}
            </ol>
          </Card>
          {r.metadata !== null && <Card title="Metadata"><pre class="pad json">{JSON.stringify(r.metadata, null, 2)}</pre></Card>}
        </div>
      </div>
    </Page>
  );
}
