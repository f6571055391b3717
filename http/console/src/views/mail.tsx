import { remove } from "../lib/api";
import { destructive } from "../lib/cluster";
import { count, plural } from "../lib/format";
import { route, setParams } from "../lib/route";
import type { Queue, Suppression } from "../lib/types";
import { ask } from "../ui/ask";
import { Icon } from "../ui/icons";
import { Card, Choice, Empty, Failed, Loading, Page, RequestLink, Search, Time } from "../ui/parts";
import { Rows, type Column } from "../ui/rows";
import { usePages, useRead } from "../ui/use";
import { DeadLetters } from "./dead_letters";
import { Peek } from "./queue";

const queue = "rtp-notifier-queue";

function Suppressed() {
  const pages = usePages<Suppression>("/suppressions", "suppressions", {}, (s) => s.address);
  const q = route.value.params.q ?? "";
  const rows = q ? pages.rows.filter((s) => s.address.includes(q.toLowerCase()) || s.detail.toLowerCase().includes(q.toLowerCase())) : pages.rows;
  const clear = (s: Suppression) => ask({
    title: `Write to ${s.address} again`, confirm: "Allow again",
    text: <>One address leaves the list. The next mail to it is sent; if its server refuses for good again (“{s.detail}”), it comes back here.</>,
    act: async () => {
      await remove(`/suppressions/${encodeURIComponent(s.address)}`);
      pages.again();
      return `${s.address} is written to again`;
    },
  });
  const columns: Column<Suppression>[] = [
    { name: "address", head: "Address", width: "minmax(13rem, 1fr)", cell: (s) => <b title={s.address}>{s.address}</b> },
    { name: "detail", head: "What its server said", width: "minmax(14rem, 1.6fr)", cell: (s) => <span class="muted" title={s.detail}>{s.detail}</span> },
    { name: "request", head: "Request", width: "7.5rem", cell: (s) => <RequestLink id={s.request} /> },
    { name: "since", head: "Since", width: "7.5rem", num: true, cell: (s) => <Time at={s.since} /> },
    ...(destructive.value ? [{ name: "do", head: <span class="sr">Actions</span>, width: "7.5rem", num: true, cell: (s: Suppression) => <button class="btn small" onClick={() => clear(s)}>Allow again</button> } satisfies Column<Suppression>] : []),
  ];
  if (pages.error && !pages.rows.length) return <Failed error={pages.error} retry={pages.again} />;
  if (!pages.rows.length) return pages.loading ? <Loading /> : <Empty icon="check" title="No address is suppressed"><p>An address whose server refuses for good is put here, and is not written to until somebody allows it again.</p></Empty>;
  return (
    <>
      <div class="toolbar"><Search label="Address or answer" value={q} change={(v) => setParams({ q: v })} /></div>
      <Rows label="Suppressed addresses" rows={rows} columns={columns} id={(s) => s.address} onEnd={pages.onEnd} error={pages.error} foot={<><span>{plural(rows.length, "address", "addresses")}</span>{pages.more && <button class="btn small" onClick={pages.more}>Load more</button>}</>} />
    </>
  );
}

type Tab = "delayed" | "dead" | "suppressed";

export function MailView() {
  const read = useRead<{ queues: Queue[] }>("/queues", {}, 2000);
  const tab = (route.value.params.tab ?? "delayed") as Tab;
  const q = read.data?.queues.find((one) => one.name === queue);
  return (
    <Page title="Mail">
      <div class="figures card">
        <div class="figure"><span class="muted">To be sent</span><b>{count(q?.visible)}</b><span class="faint">waiting</span></div>
        <div class="figure"><span class="muted">Being sent</span><b>{count(q?.in_flight)}</b><span class="faint">with notifiers</span></div>
        <div class="figure"><span class="muted">Deferred</span><b class={q?.delayed ? "warn" : ""}>{count(q?.delayed)}</b><span class="faint">tried again for a day</span></div>
        <div class="figure"><span class="muted">Given up</span><b class={q?.dead ? "bad" : ""}>{count(q?.dead)}</b><span class="faint">dead letters</span></div>
      </div>
      {read.error && <div class="note" role="status"><Icon name="unplug" />{read.error.message}</div>}
      <Choice<Tab> label="What is shown" value={tab} pick={(t) => setParams({ tab: t, error: "", q: "" })} options={[
        { value: "delayed", text: <>Deferred<span class="n">{count(q?.delayed)}</span></> }, { value: "dead", text: <>Failed<span class="n">{count(q?.dead)}</span></> }, { value: "suppressed", text: "Suppressed addresses" }]} />
      <Card>{tab === "suppressed" ? <Suppressed /> : tab === "dead" ? <DeadLetters queue={queue} changed={read.again} /> : <Peek queue={queue} state="delayed" />}</Card>
    </Page>
  );
}
