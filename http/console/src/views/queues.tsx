import { destructive } from "../lib/cluster";
import { count, duration, rate } from "../lib/format";
import { go, href } from "../lib/route";
import type { Queue, Topic } from "../lib/types";
import { Icon } from "../ui/icons";
import { Card, Empty, Failed, Loading, Page, Unreachable } from "../ui/parts";
import { useRead } from "../ui/use";
import { askPause } from "./queue_actions";

function Row({ q, again }: { q: Queue; again: () => void }) {
  return (
    <tr class="link" onClick={(e) => !(e.target as Element).closest("a, button") && go(["queues", q.name])}>
      <td><a href={href(["queues", q.name])}><b>{q.name}</b></a>{q.paused && <span class="pill warn gap">paused</span>}<div class="faint">from {q.topic}</div></td>
      <td class="num">{count(q.visible)}</td>
      <td class="num">{count(q.in_flight)}</td>
      <td class="num">{count(q.delayed)}</td>
      <td class="num">{q.dead ? <a class="bad" href={href(["queues", q.name], { tab: "dead" })}>{count(q.dead)}</a> : <span class="faint">0</span>}</td>
      <td class="num">{q.oldest_ms === null ? <span class="faint">–</span> : duration(q.oldest_ms)}</td>
      <td class="num">{rate(q.in_rate)}<span class="faint">/s</span></td>
      <td class="num">{rate(q.out_rate)}<span class="faint">/s</span></td>
      <td class="num muted">{count(q.acquired)}</td>
      <td class="num muted">{count(q.returned)}</td>
      <td class="num">{destructive.value && <button class="btn small" aria-label={`${q.paused ? "Resume" : "Pause"} ${q.name}`} onClick={() => askPause(q, again)}><Icon name={q.paused ? "play" : "pause"} />{q.paused ? "Resume" : "Pause"}</button>}</td>
    </tr>
  );
}

export function QueuesView() {
  const queues = useRead<{ queues: Queue[]; unreachable: string[] }>("/queues", {}, 2000);
  const topics = useRead<{ topics: Topic[]; unreachable: string[] }>("/topics", {}, 2000);
  const list = queues.data?.queues;
  return (
    <Page title="Queues">
      <Unreachable nodes={queues.data?.unreachable} />
      <Card title="Queues" aside={queues.error && list ? <span class="bad">{queues.error.message}</span> : "counts of all partitions"}>
        {list ? (
          <div class="scroll" tabIndex={0} role="region" aria-label="Queues">
            <table class="table">
              <thead><tr><th>Queue</th><th class="num">Waiting</th><th class="num">In flight</th><th class="num">Delayed</th><th class="num">Dead</th><th class="num">Oldest</th><th class="num">In</th><th class="num">Out</th><th class="num" title="Times that a message was taken">Taken</th><th class="num" title="Taken, and given back or lost with a lease">Returned</th><th><span class="sr">Actions</span></th></tr></thead>
              <tbody>{list.map((q) => <Row key={q.name} q={q} again={queues.again} />)}</tbody>
            </table>
          </div>
        ) : queues.error ? <Failed error={queues.error} retry={queues.again} /> : <Loading rows={4} />}
        {list?.length === 0 && <Empty icon="queues" title="No queues" />}
      </Card>
      <Card title="Topics" aside="what is published, and who gets it">
        {topics.data ? (
          <div class="scroll" tabIndex={0} role="region" aria-label="Topics">
            <table class="table">
              <thead><tr><th>Topic</th><th>Subscribers</th><th class="num">Published</th><th class="num">Rate</th></tr></thead>
              <tbody>{topics.data.topics.map((t) => <tr key={t.name}><td><b>{t.name}</b></td><td>{t.subscribers.map((s) => <a key={s} class="comma" href={href(["queues", s])}>{s}</a>)}</td><td class="num">{count(t.published)}</td><td class="num">{rate(t.rate)}<span class="faint">/s</span></td></tr>)}</tbody>
            </table>
          </div>
        ) : topics.error ? <Failed error={topics.error} retry={topics.again} /> : <Loading rows={3} />}
      </Card>
    </Page>
  );
}
