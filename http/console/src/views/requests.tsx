import { useCallback, useEffect, useState } from "preact/hooks";
import { bytes, looksLikeId, plural } from "../lib/format";
import { onRequest } from "../lib/live";
import { applyChange } from "../lib/merge";
import { go, route, setParams } from "../lib/route";
import { isFinal, statuses, type RequestRecord, type RequestStatus } from "../lib/types";
import { Icon } from "../ui/icons";
import { Card, Choice, Code, Empty, Failed, Loading, Page, RequestLink, Search, Sent, Status, Time } from "../ui/parts";
import { Rows, type Column } from "../ui/rows";
import { usePages, useSettled } from "../ui/use";

const spans: Record<string, { text: string; ms: number }> = {
  "": { text: "Any time", ms: 0 }, "15m": { text: "Last 15 min", ms: 900_000 }, "1h": { text: "Last hour", ms: 3_600_000 }, "1d": { text: "Last day", ms: 86_400_000 }, "7d": { text: "Last 7 days", ms: 604_800_000 },
};

// What the stream told is newer than the rest of the row, until that is read again.
const took = (r: RequestRecord) => (isFinal(r.status) && r.timeline.at(-1)?.status === r.status ? r.timeline.reduce((n, e) => n + e.took_ms, 0) : null);

const columns: Column<RequestRecord>[] = [
  { name: "id", head: "Request", width: "7.5rem", cell: (r) => <RequestLink id={r.id} /> },
  { name: "status", head: "Status", width: "9.5rem", cell: (r) => <Status status={r.status} run={r.run} /> },
  { name: "file", head: "File", width: "minmax(9rem, 1.4fr)", cell: (r) => <span title={r.file_name}>{r.file_name}</span> },
  { name: "what", head: "Operations", width: "minmax(8rem, 1fr)", cell: (r) => <span class="muted">{r.operations.map((o) => o.op).join(", ") || "none"}</span> },
  { name: "error", head: "Outcome", width: "minmax(9rem, 1.2fr)", cell: (r) => r.error ? <span class="bad" title={r.error.detail}><Code code={r.error.code} /></span> : r.outputs.length ? <span class="muted">{plural(r.outputs.length, "output")}, {bytes(r.outputs.reduce((n, o) => n + o.size, 0))}</span> : <span class="faint">–</span> },
  { name: "mail", head: "E-mail", width: "6.5rem", cell: (r) => <Sent state={r.notification.email} /> },
  { name: "took", head: "Work", width: "5.5rem", num: true, cell: (r) => { const t = took(r); return t === null ? <span class="faint">–</span> : <span class="nowrap">{t < 1000 ? `${t} ms` : `${(t / 1000).toFixed(1)} s`}</span>; } },
  { name: "at", head: "Accepted", width: "7.5rem", num: true, cell: (r) => <Time at={r.created_at} /> },
];

// What was typed is looked for in what is shown; a whole id is gone to.
function matches(r: RequestRecord, text: string): boolean {
  const t = text.toLowerCase();
  return r.id.toLowerCase().includes(t) || r.file_name.toLowerCase().includes(t) || (r.error?.code.includes(t) ?? false) || (r.error?.detail.toLowerCase().includes(t) ?? false);
}

export function RequestsView() {
  const { status = "", span = "", q = "" } = route.value.params;
  const ms = spans[span]?.ms ?? 0;
  // The beginning of a span moves on only when another is picked: else every reading would be another list.
  const [since, setSince] = useState<string | null>(null);
  useEffect(() => setSince(ms ? new Date(Date.now() - ms).toISOString() : null), [ms]);
  const pages = usePages<RequestRecord>("/requests", "requests", { status, since }, (r) => r.id);
  const [fresh, setFresh] = useState(0);
  const text = useSettled(q.trim());
  useEffect(() => setFresh(0), [status, since, pages.first]);
  useEffect(() => onRequest((change) => {
    if (!change) return setFresh((n) => n + 1);
    pages.change((rows) => applyChange(rows, change));
    if (change.status === "accepted" || change.status === status || isFinal(change.status)) setFresh((n) => n + 1);
  }), [status]);

  // The first page follows by itself; not under the hand or the eyes of somebody who is at a row.
  const [held, setHeld] = useState(false);
  const [top, setTop] = useState(true);
  const one = pages.rows.length <= 100;
  useEffect(() => {
    const timer = setInterval(() => fresh > 0 && one && top && !text && !held && !document.hidden && pages.again(), 1500);
    return () => clearInterval(timer);
  }, [fresh > 0, one, top, text, held]);

  const release = () => {
    setHeld(false);
    if (fresh > 0 && one && top && !text) pages.again();
  };

  const rows = text && !looksLikeId(text) ? pages.rows.filter((r) => matches(r, text)) : pages.rows;
  const open = useCallback((r: RequestRecord) => go(["requests", r.id]), []);
  const filtered = !!(status || span || text);
  return (
    <Page title="Requests" actions={fresh > 0 && (held || !one || !top || text) && <button class="pill accent" onClick={pages.again}><Icon name="up" size={12} />{plural(fresh, "change")} since</button>}>
      <div class="row wrap filters">
        <Search label="Id, file name or error" value={q} change={(v) => setParams({ q: v })} onEnter={() => looksLikeId(q) && go(["requests", q.trim().toUpperCase()])} />
        <select class="input" aria-label="Status" value={status} onChange={(e) => setParams({ status: e.currentTarget.value })}>
          <option value="">Any status</option>
          {statuses.map((s) => <option key={s} value={s}>{s}</option>)}
        </select>
        <select class="input" aria-label="Accepted" value={span} onChange={(e) => setParams({ span: e.currentTarget.value })}>
          {Object.entries(spans).map(([k, s]) => <option key={k} value={k}>{s.text}</option>)}
        </select>
        <Choice label="Quick filter" value={(status === "failed" ? "failed" : status === "" ? "" : "other") as "" | "failed" | "other"} options={[{ value: "", text: "All" }, { value: "failed", text: "Failed" }]} pick={(v) => setParams({ status: v as RequestStatus })} />
      </div>
      {looksLikeId(q) && <div class="hint"><Icon name="arrow" />Press Enter to open <RequestLink id={q.trim().toUpperCase()} short={false} /></div>}
      <div onPointerEnter={() => setHeld(true)} onPointerLeave={release} onFocusIn={() => setHeld(true)} onFocusOut={release}>
      <Card>
        {pages.error && rows.length === 0 ? <Failed error={pages.error} retry={pages.again} />
          : rows.length > 0 ? (
            <Rows label="Requests" rows={rows} columns={columns} id={(r) => r.id} open={open} onEnd={text ? null : pages.onEnd} onTop={setTop} error={pages.error}
              foot={<><span>{plural(rows.length, "request")} shown{text && `, of ${pages.rows.length} looked through`}</span>{pages.more ? <button class="btn small" onClick={pages.more}>{text ? "Look through more" : "Show more"}</button> : pages.loading ? <span>Loading…</span> : <span class="faint">that is all</span>}</>} />
          ) : pages.loading ? <Loading rows={10} />
          : filtered ? <Empty icon="search" title={`No request ${text ? "in those looked through " : ""}matches`}><p>{text && pages.more ? "There are older ones." : "Try another status or a longer time."}</p>{text && pages.more ? <button class="btn" onClick={pages.more}>Look through more</button> : <button class="btn" onClick={() => setParams({ status: "", span: "", q: "" })}>Show all</button>}</Empty>
          : <Empty icon="image" title="No requests yet"><p>When a client asks for an image to be processed, it stands here.</p><a class="btn" href="#/try">Try one yourself</a></Empty>}
      </Card>
      </div>
    </Page>
  );
}
