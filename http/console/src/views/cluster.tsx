import { post } from "../lib/api";
import { destructive } from "../lib/cluster";
import { bytes, count, duration, plural } from "../lib/format";
import { route, setParams } from "../lib/route";
import type { AuditEntry, Cluster, ClusterNode, Partition } from "../lib/types";
import { ask } from "../ui/ask";
import { Icon } from "../ui/icons";
import { Card, Choice, Empty, Failed, Loading, Page, Time } from "../ui/parts";
import { Rows, type Column } from "../ui/rows";
import { usePages, useRead } from "../ui/use";

const little_disk = 50e9;

function NodeCard({ n, c, again }: { n: ClusterNode; c: Cluster; again: () => void }) {
  const led = c.partitions.filter((p) => p.leader === n.name).length;
  const drain = () => ask({
    title: `Drain ${n.name}`, danger: true, confirm: "Drain",
    text: <>It hands over {plural(led, "leadership")} and its leases, and takes no more work until it is started again. {plural(c.nodes.filter((o) => o.up && !o.draining && o.name !== n.name).length, "node")} go on.</>,
    act: async () => {
      await post(`/cluster/nodes/${encodeURIComponent(n.name)}/drain`);
      again();
      return `${n.name} is draining`;
    },
  });
  const how = !n.up ? "bad" : n.draining ? "warn" : "good";
  return (
    <section class={`card node ${n.up ? "" : "down"}`}>
      <header><h2 class="row"><i class={`dot ${how}`} />{n.name}</h2><span class="faint clip mono">{n.address.replace(/^https?:\/\//, "")}</span><div class="aside">{!n.up ? <span class="bad">does not answer</span> : n.draining ? <span class="warn">draining</span> : destructive.value && c.nodes.length > 1 && <button class="btn small" onClick={drain}>Drain</button>}</div></header>
      {n.up ? (
        <dl class="node-facts pad">
          <div><dt>Leads</dt><dd>{led} <span class="faint">of {c.partitions.length}</span></dd></div>
          <div><dt>Load</dt><dd>{n.load?.toFixed(2) ?? "–"}</dd></div>
          <div><dt>Started</dt><dd><Time at={n.since} /></dd></div>
          <div><dt>Memory</dt><dd>{bytes(n.memory)}</dd></div>
          <div><dt>Disk free</dt><dd class={(n.disk_free ?? Infinity) < little_disk ? "warn" : ""}>{bytes(n.disk_free)}</dd></div>
          <div><dt>Version</dt><dd>{n.version ?? "–"}</dd></div>
          <div><dt>Actors</dt><dd>{count(n.actors)}</dd></div>
          <div><dt>Restarts</dt><dd class={(n.restarts ?? 0) > 2 ? "bad" : ""}>{count(n.restarts)}</dd></div>
          <div><dt>Placement</dt><dd>{!n.placement ? "–" : n.placement.settled ? "settled" : <span class="warn" title="not yet where they should be">{n.placement.files ? `${count(n.placement.files)} files due` : `${plural(n.placement.partitions, "partition")} due`}</span>}</dd></div>
        </dl>
      ) : <Empty icon="unplug" title={`${n.name} does not answer`}><p>The others go on. Its partitions are led elsewhere, and it catches up when it is back.</p></Empty>}
      {n.up && n.formats && <p class="faint pad formats">reads {n.formats.read.join(", ")}; writes {n.formats.write.join(", ")}{n.codecs?.[0] && `; libvips ${n.codecs[0].libvips}`}</p>}
    </section>
  );
}

function Sees({ c }: { c: Cluster }) {
  if (!c.nodes.some((n) => n.sees?.length)) return null;
  return (
    <Card title="Who sees whom" aside="when each was heard of last">
      <div class="scroll" tabIndex={0} role="region" aria-label="Who sees whom">
        <table class="table matrix">
          <thead><tr><th><span class="sr">Node</span></th>{c.nodes.map((n) => <th key={n.name} class="num">{n.name}</th>)}</tr></thead>
          <tbody>
            {c.nodes.map((from) => (
              <tr key={from.name}>
                <th scope="row">{from.name}</th>
                {c.nodes.map((to) => {
                  const s = from.sees?.find((x) => x.node === to.name);
                  return <td key={to.name} class="num">{from.name === to.name ? <span class="faint">·</span> : !from.up ? <span class="faint">not known</span> : !s ? <span class="faint">–</span> : s.up ? <span title={`up`}>{duration(s.last_heard_ms)}</span> : <span class="bad">not heard</span>}</td>;
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function Partitions({ c, again }: { c: Cluster; again: () => void }) {
  const move = (p: Partition, to: string) => ask({
    title: `Move the leader of partition ${p.partition}`, confirm: `Move to ${to}`,
    text: <>From {p.leader ?? "nobody"} to {to}. Writes to this partition wait for a moment, and nothing is lost. It stays there for ten minutes; after that leaders are spread evenly again.</>,
    act: async () => {
      await post(`/cluster/partitions/${p.partition}/leader`, { node: to });
      again();
      return `${to} leads partition ${p.partition}`;
    },
  });
  const names = c.nodes.map((n) => n.name);
  const most = Math.max(1, ...c.partitions.flatMap((p) => p.replicas.map((r) => r.lag ?? 0)));
  return (
    <Card title="Partitions" aside="who leads, and how many entries the others are behind">
      <div class="scroll" tabIndex={0} role="region" aria-label="Partitions">
        <table class="table">
          <thead><tr><th>Partition</th>{names.map((n) => <th key={n}>{n}</th>)}<th class="num">Term</th><th class="num">Applied</th><th><span class="sr">Move the leader</span></th></tr></thead>
          <tbody>
            {c.partitions.map((p) => (
              <tr key={p.partition}>
                <td>{p.partition}{!p.leader && <span class="pill bad gap">no leader</span>}</td>
                {names.map((n) => {
                  const r = p.replicas.find((x) => x.node === n);
                  if (!r) return <td key={n}><span class="faint">–</span></td>;
                  if (p.leader === n) return <td key={n}><span class="pill accent">leads</span></td>;
                  if (!r.up) return <td key={n}><span class="bad">not heard</span></td>;
                  const far = (r.lag ?? 0) > 100;
                  return <td key={n}><span class="lag"><span class={far ? "warn" : "faint"}>{r.lag === null ? "not known" : r.lag === 0 ? "in step" : `${count(r.lag)} behind`}</span>{far && <span class="bar" style={{ width: `${((r.lag ?? 0) / most) * 4}rem` }} />}{r.role === "learner" && <span class="pill gap">learner</span>}</span></td>;
                })}
                <td class="num muted">{p.term}</td>
                <td class="num muted">{count(p.replicas.find((r) => r.node === p.leader)?.applied)}</td>
                <td class="num">{destructive.value && p.replicas.length > 1 && (
                  <select class="input small" aria-label={`Move the leader of partition ${p.partition}`} value="" onChange={(e) => { const to = e.currentTarget.value; e.currentTarget.value = ""; if (to) move(p, to); }}>
                    <option value="">Move to…</option>
                    {p.replicas.filter((r) => r.node !== p.leader && r.up && r.role !== "learner").map((r) => <option key={r.node} value={r.node}>{r.node}</option>)}
                  </select>
                )}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

const audited: Column<AuditEntry>[] = [
  { name: "at", head: "When", width: "7.5rem", cell: (a) => <Time at={a.at} /> },
  { name: "what", head: "What", width: "minmax(14rem, 1.1fr)", cell: (a) => <b title={a.what}>{a.what}</b> },
  { name: "on", head: "On", width: "minmax(11rem, 1fr)", cell: (a) => a.on ? <span title={a.on}>{a.on}</span> : <span class="faint">–</span> },
  { name: "outcome", head: "Outcome", width: "minmax(8rem, 1fr)", cell: (a) => a.outcome === "done" ? <span class="muted">done</span> : <span class="bad" title={a.outcome}>{a.outcome}</span> },
  { name: "who", head: "Who", width: "minmax(11rem, 0.9fr)", cell: (a) => <span title={`${a.who}, ${a.from}`}>{a.who} <span class="faint">{a.from}</span></span> },
  { name: "reason", head: "Reason", width: "minmax(9rem, 1.2fr)", cell: (a) => a.reason ? <span title={a.reason}>{a.reason}</span> : <span class="faint">–</span> },
  { name: "node", head: "Node", width: "4rem", cell: (a) => a.node },
];

function Audit() {
  const pages = usePages<AuditEntry>("/audit", "entries", {}, (a) => `${a.at}${a.what}${a.node}${a.on}`);
  return (
    <Card title="Audit" aside="what operators did, kept for 90 days">
      {pages.rows.length ? <Rows label="Audit" rows={pages.rows} columns={audited} id={(a) => `${a.at}${a.what}${a.node}${a.on}`} onEnd={pages.onEnd} error={pages.error} foot={<span>{plural(pages.rows.length, "entry", "entries")}</span>} />
        : pages.error ? <Failed error={pages.error} retry={pages.again} /> : pages.loading ? <Loading /> : <Empty icon="check" title="Nobody has done anything yet"><p>Every redrive, pause, restart and move is written down here, on all nodes.</p></Empty>}
    </Card>
  );
}

export function ClusterView() {
  const read = useRead<Cluster>("/cluster", {}, 2000);
  const tab = route.value.params.tab ?? "nodes";
  const c = read.data;
  const lone = c?.partitions.filter((p) => !p.leader).length ?? 0;
  return (
    <Page title="Cluster" actions={<Choice label="What is shown" value={tab} pick={(t) => setParams({ tab: t === "nodes" ? "" : t })} options={[{ value: "nodes", text: "Nodes and partitions" }, { value: "audit", text: "Audit" }]} />}>
      {tab === "audit" ? <Audit /> : c ? (
        <>
          {read.error && <div class="note" role="status"><Icon name="unplug" />{read.error.message}: what is shown is as it was last seen.</div>}
          {lone > 0 && <div class="note bad" role="status"><Icon name="alert" />{plural(lone, "partition")} without a leader: nothing can be written to {lone === 1 ? "it" : "them"}.</div>}
          <div class="nodes">{c.nodes.map((n) => <NodeCard key={n.name} n={n} c={c} again={read.again} />)}</div>
          <Partitions c={c} again={read.again} />
          <Sees c={c} />
        </>
      ) : <Card>{read.error ? <Failed error={read.error} retry={read.again} /> : <Loading rows={8} />}</Card>}
    </Page>
  );
}
