import { post } from "../lib/api";
import { destructive } from "../lib/cluster";
import { clock, count, duration, exact, percent, plural, rate } from "../lib/format";
import { href } from "../lib/route";
import type { ActorDetail } from "../lib/types";
import { ask } from "../ui/ask";
import { Icon } from "../ui/icons";
import { ActorStatus, Card, Empty, Failed, Loading, Page, Time } from "../ui/parts";
import { useRead } from "../ui/use";

export function ActorView({ id }: { id: string }) {
  const read = useRead<ActorDetail>(`/actors/${encodeURIComponent(id)}`, {}, 1000);
  const up = { text: "Actors", to: href(["actors"]) };
  const a = read.data;
  if (!a) return <Page title={id} up={up}><Card>{read.error?.code === "not_found" ? <Empty icon="search" title="There is no such actor"><p>It may have been started again, under another id.</p></Empty> : read.error ? <Failed error={read.error} retry={read.again} /> : <Loading />}</Card></Page>;
  const restart = () => ask({
    title: `Restart ${a.name}`, danger: true, confirm: "Restart",
    text: <>Its supervisor ends it and starts it again on {a.node}. {a.mailbox ? `${plural(a.mailbox, "message")} wait in its mailbox.` : "Its mailbox is empty."}{a.current ? ` It is at “${a.current.message}”, for ${duration(a.current.for_ms)} now.` : ""}</>,
    act: async () => {
      await post(`/actors/${encodeURIComponent(id)}/restart`);
      read.again();
      return `${a.name} is started again`;
    },
  });
  const longest = Math.max(0.001, ...a.events.map((e) => e.waited_ms + e.worked_ms));
  return (
    <Page title={a.name} up={up} actions={<><ActorStatus state={a.state} />{destructive.value && a.state !== "dead" && a.parent && <button class="btn danger" onClick={restart}><Icon name="redo" />Restart</button>}</>}>
      {read.error && <div class="note" role="status"><Icon name="unplug" />{read.error.message}: what is shown is as it was last seen.</div>}
      {a.state === "stuck" && a.current && <div class="note bad"><Icon name="alert" />At “{a.current.message}” for {duration(a.current.for_ms)}; {plural(a.mailbox, "message")} wait behind it.</div>}
      {a.state === "dead" && <div class="note"><Icon name="alert" />Ended <Time at={a.ended_at} />: {a.reason}</div>}
      <div class="figures card">
        <div class="figure"><span class="muted">Mailbox</span><b class={a.mailbox > 50 ? "bad" : ""}>{count(a.mailbox)}</b><span class="faint">highest {count(a.mailbox_high)}</span></div>
        <div class="figure"><span class="muted">Oldest message</span><b>{duration(a.oldest_ms)}</b><span class="faint">waits p99 {duration(a.wait_ms_p99)}</span></div>
        <div class="figure"><span class="muted">Rate</span><b>{rate(a.rate)}<small>/s</small></b><span class="faint">{count(a.processed)} in all</span></div>
        <div class="figure"><span class="muted">Busy</span><b>{percent(a.busy)}</b><span class="faint">of the last 10 s</span></div>
        <div class="figure"><span class="muted">Work</span><b>{duration(a.busy_ms_p50)}</b><span class="faint">p99 {duration(a.busy_ms_p99)}</span></div>
        <div class="figure"><span class="muted">Restarts</span><b class={a.restarts > 2 ? "bad" : ""}>{count(a.restarts)}</b><span class="faint">since <Time at={a.since} /></span></div>
      </div>
      <div class="split">
        <Card title="Last messages" aside={<span class="legend"><i class="key wait" />waiting<i class="key accent" />working</span>}>
          {a.events.length ? (
            <ol class="events">
              {a.events.map((e, i) => (
                <li key={`${e.at}${i}`}>
                  <span class="mono faint" title={exact(e.at)}>{clock(e.at)}</span>
                  <b class={`clip ${e.outcome === "failed" ? "bad" : ""}`}>{e.message}</b>
                  <span class="event-bar" aria-hidden="true"><i class="wait" style={{ width: `${(e.waited_ms / longest) * 100}%` }} /><i class={e.outcome === "failed" ? "failed" : ""} style={{ width: `${(e.worked_ms / longest) * 100}%` }} /></span>
                  <span class="num">{duration(e.worked_ms)}</span><span class="num faint">after {duration(e.waited_ms)}</span>
                </li>
              ))}
            </ol>
          ) : <Empty title="No message yet" />}
        </Card>
        <div class="stack">
          <Card title="About it">
            <dl class="kv pad">
              <dt>Id</dt><dd class="id">{a.id}</dd>
              <dt>Kind</dt><dd>{a.kind}</dd>
              <dt>Node</dt><dd>{a.node}</dd>
              <dt>Supervisor</dt><dd>{a.parent ? <a class="id" href={href(["actors", a.parent])}>{a.parent}</a> : <span class="faint">none</span>}</dd>
              <dt>Now</dt><dd>{a.current ? `${a.current.message}, for ${duration(a.current.for_ms)}` : <span class="faint">waits for a message</span>}</dd>
              <dt>Last error</dt><dd>{a.last_error ? <span class="bad">{a.last_error}</span> : <span class="faint">none</span>}</dd>
            </dl>
          </Card>
          {a.children.length > 0 && <Card title="It supervises" aside={plural(a.children.length, "actor")}><div class="row wrap pad">{a.children.slice(0, 100).map((c) => <a key={c} class="pill id" href={href(["actors", c])}>{c}</a>)}{a.children.length > 100 && <span class="muted">and {count(a.children.length - 100)} more</span>}</div></Card>}
        </div>
      </div>
    </Page>
  );
}
