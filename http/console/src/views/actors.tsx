import { useEffect, useMemo, useState } from "preact/hooks";
import { get, nextOf, ApiError } from "../lib/api";
import { count, duration, percent, plural, rate, words } from "../lib/format";
import { now } from "../lib/live";
import { append } from "../lib/merge";
import { go, href, route, setParams } from "../lib/route";
import { restless, treeRows, type TreeRow } from "../lib/tree";
import type { Actor } from "../lib/types";
import { ActorStatus, Card, Choice, Empty, Failed, Loading, Meter, Page, Search, Time, Unreachable } from "../ui/parts";
import { Icon } from "../ui/icons";
import { Rows, type Column } from "../ui/rows";
import { usePages, useSettled } from "../ui/use";

const cells = {
  node: { name: "node", head: "Node", width: "4rem", cell: (a: Actor) => a.node },
  state: { name: "state", head: "State", width: "7.25rem", cell: (a: Actor) => <ActorStatus state={a.state} /> },
  mailbox: { name: "mailbox", head: "Mailbox", width: "5.75rem", num: true, sort: "mailbox", cell: (a: Actor) => <span title={`highest ${count(a.mailbox_high)}`}>{a.mailbox > 50 ? <b class="bad">{count(a.mailbox)}</b> : count(a.mailbox)} <span class="faint">/ {count(a.mailbox_high)}</span></span> },
  oldest: { name: "oldest", head: "Oldest", width: "5.5rem", num: true, cell: (a: Actor) => a.oldest_ms === null ? <span class="faint">–</span> : <span class={a.oldest_ms > 10_000 ? "bad" : ""}>{duration(a.oldest_ms)}</span> },
  rate: { name: "rate", head: "Rate", width: "5rem", num: true, sort: "rate", cell: (a: Actor) => <>{rate(a.rate)}<span class="faint">/s</span></> },
  busy: { name: "busy", head: "Busy", width: "6.75rem", sort: "busy", cell: (a: Actor) => <span class="busy-cell"><Meter share={a.busy} how={a.state === "stuck" ? "bad" : ""} /><span class="num">{percent(a.busy)}</span></span> },
  p99: { name: "p99", head: "Work p50 / p99", width: "9.5rem", num: true, cell: (a: Actor) => a.busy_ms_p99 ? <span>{duration(a.busy_ms_p50)} <span class="faint">/ {duration(a.busy_ms_p99)}</span></span> : <span class="faint">–</span> },
  restarts: { name: "restarts", head: "Restarts", width: "6rem", num: true, sort: "restarts", cell: (a: Actor) => a.restarts ? <b class={a.restarts > 2 ? "bad" : ""}>{a.restarts}</b> : <span class="faint">0</span> },
  now: { name: "now", head: "Now", width: "minmax(11rem, 1fr)", cell: (a: Actor) => a.state === "dead" ? <span class="muted" title={a.reason}>{a.reason}</span> : a.current ? <span class={a.state === "stuck" ? "bad" : ""}>{a.current.message} <span class={a.state === "stuck" ? "" : "faint"}>for {duration(a.current.for_ms)}</span></span> : a.last_error ? <span class="warn" title={a.last_error}>{a.last_error}</span> : <span class="faint">–</span> },
  ended: { name: "ended", head: "Ended", width: "7.5rem", num: true, cell: (a: Actor) => <Time at={a.ended_at} /> },
} satisfies Record<string, Column<Actor>>;

// All of them, page by page: the tree is made here. At most what stays usable; the rest is found by searching.
const most = 20_000;
function useAll(params: Record<string, string>) {
  const [state, set] = useState<{ actors: Actor[] | null; total: number; unreachable: string[]; error: ApiError | null }>({ actors: null, total: 0, unreachable: [], error: null });
  const [turn, setTurn] = useState(0);
  const of = JSON.stringify(params);
  useEffect(() => {
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const read = async () => {
      let began = performance.now();
      if (!document.hidden) {
        try {
          let cursor: string | null = null;
          let all: Actor[] = [];
          let page: { actors: Actor[]; total: number; unreachable?: string[]; next_cursor?: string | null };
          do {
            page = await get("/actors", { ...params, limit: 1000, cursor }, ending.signal);
            all = cursor === null ? page.actors : append(all, page.actors, (a) => a.id);
            cursor = nextOf(page);
          } while (cursor !== null && all.length < most);
          set({ actors: all, total: page.total, unreachable: page.unreachable ?? [], error: null });
        } catch (e) {
          if (ending.signal.aborted) return;
          set((s) => ({ ...s, error: e instanceof ApiError ? e : new ApiError(0, "internal", String(e)) }));
        }
      }
      // Many actors take long to tell: the nodes are asked for at most a tenth of the time.
      const took = performance.now() - began;
      timer = setTimeout(read, Math.max(2000, took * 10));
    };
    void read();
    return () => {
      ending.abort();
      clearTimeout(timer);
    };
  }, [of, turn]);
  return { ...state, again: () => setTurn((t) => t + 1) };
}

function Tree({ q, node }: { q: string; node: string }) {
  const all = useAll({ node, q });
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => treeRows(all.actors ?? [], closed), [all.actors, closed]);
  const toggle = (id: string) => {
    const next = new Set(closed);
    if (!next.delete(id)) next.add(id);
    setClosed(next);
  };
  const name: Column<TreeRow> = {
    name: "name", head: "Actor", width: "minmax(16rem, 1.4fr)",
    cell: ({ actor: a, depth, children, open, trouble }) => (
      <span class="tree-name" style={{ paddingLeft: `${depth * 1.15}rem` }}>
        {children > 0 ? <button class="twist" tabIndex={-1} aria-expanded={open} aria-label={`${open ? "Close" : "Open"} ${a.name}`} onClick={() => toggle(a.id)}><Icon name="right" size={12} /></button> : <span class="twist-none" />}
        <a href={href(["actors", a.id])} title={`${a.name}, ${a.id}`}>{depth === 0 && !q ? `${a.node} · ${a.name}` : a.name}</a>
        {children > 0 && <span class="faint"> {count(children)}</span>}
        {trouble > 0 && !open && <span class="pill bad gap">{plural(trouble, "in trouble", "in trouble")}</span>}
      </span>
    ),
  };
  const rest = [cells.state, cells.mailbox, cells.oldest, cells.rate, cells.busy, cells.restarts, cells.now].map((c) => ({ ...c, sort: undefined, cell: (r: TreeRow) => c.cell(r.actor) })) as unknown as Column<TreeRow>[];
  if (!all.actors) return all.error ? <Failed error={all.error} retry={all.again} /> : <Loading rows={12} />;
  if (!rows.length) return <Empty icon="search" title="No actor matches" />;
  const parents = all.actors.filter((a) => a.kind === "supervisor").map((a) => a.id);
  return (
    <>
      <Unreachable nodes={all.unreachable} />
      <Rows label="Supervision tree" rows={rows} columns={[name, ...rest]} id={(r) => r.actor.id} open={(r) => go(["actors", r.actor.id])} height="calc(100dvh - 16rem)"
        onKey={(r, key) => { if ((key === "ArrowRight" && !r.open && r.children) || (key === "ArrowLeft" && r.open)) { toggle(r.actor.id); return true; } return false; }}
        error={all.error} foot={<><span>{plural(all.total, "actor")}{all.actors.length < all.total ? `, ${count(all.actors.length)} shown` : ""}</span><button class="btn small" onClick={() => setClosed(closed.size ? new Set() : new Set(parents))}>{closed.size ? "Open all" : "Close all"}</button></>} />
    </>
  );
}

function Flat({ q, node, state, sort }: { q: string; node: string; state: string; sort: string }) {
  const pages = usePages<Actor>("/actors", "actors", { q, node, state, sort }, (a) => a.id, 500);
  useEffect(() => {
    // What is loaded is read again only while it is one page: else it would jump under the reader's eyes.
    const timer = setInterval(() => pages.rows.length <= 500 && !document.hidden && pages.again(), 2000);
    return () => clearInterval(timer);
  }, [pages.rows.length]);
  const name: Column<Actor> = { name: "name", head: "Actor", width: "minmax(10.5rem, 1fr)", sort: "name", cell: (a) => <a href={href(["actors", a.id])} title={a.id}>{a.name}</a> };
  const columns = state === "dead" ? [name, cells.node, cells.ended, cells.restarts, cells.now] : [name, cells.node, cells.state, cells.mailbox, cells.oldest, cells.rate, cells.busy, cells.p99, cells.restarts, cells.now];
  if (pages.error && !pages.rows.length) return <Failed error={pages.error} retry={pages.again} />;
  if (!pages.rows.length) return pages.loading ? <Loading rows={12} /> : <Empty icon={state === "dead" ? "check" : "search"} title={state === "dead" ? "No actor has ended" : state ? `No actor is ${state}` : "No actor matches"} />;
  const total = (pages.first as { total?: number } | null)?.total ?? pages.rows.length;
  return (
    <>
      <Unreachable nodes={pages.first?.unreachable as string[] | undefined} />
      <Rows label="Actors" rows={pages.rows} columns={columns} id={(a) => a.id} open={(a) => go(["actors", a.id])} onEnd={pages.onEnd} height="calc(100dvh - 16rem)"
        sort={{ by: sort, pick: (by) => setParams({ sort: by }) }} error={pages.error} foot={<span>{count(pages.rows.length)} of {plural(total, "actor")} loaded</span>} />
    </>
  );
}

// What is wrong comes before all the rest.
function Trouble() {
  const stuck = usePages<Actor>("/actors", "actors", { state: "stuck" }, (a) => a.id, 20);
  const restarted = usePages<Actor>("/actors", "actors", { sort: "restarts" }, (a) => a.id, 50);
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.hidden) return;
      stuck.again();
      restarted.again();
    }, 3000);
    return () => clearInterval(timer);
  }, []);
  const all = [...stuck.rows, ...restarted.rows.filter((a) => a.state !== "stuck" && restless(a, now.value))];
  if (!all.length) return null;
  return (
    <Card title={<span class="row"><span class="bad"><Icon name="alert" /></span>Needs a look</span>} aside={plural(all.length, "actor")}>
      <ul class="trouble">
        {all.map((a) => (
          <li key={a.id}>
            <ActorStatus state={a.state} />
            <a href={href(["actors", a.id])}><b>{a.name}</b></a><span class="muted">on {a.node}</span>
            <span class="grow muted clip">{a.state === "stuck" && a.current ? `at ${words(a.current.message)} for ${duration(a.current.for_ms)}${a.mailbox ? `, ${plural(a.mailbox, "message")} behind it` : ""}` : a.last_error}</span>
            <span class="muted nowrap">{plural(a.restarts, "restart")}{a.restarted_at && <>, <Time at={a.restarted_at} /></>}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

type Show = "tree" | "table" | "stuck" | "dead";

export function ActorsView() {
  const { q = "", node = "", show = "tree", sort = "mailbox" } = route.value.params;
  const text = useSettled(q.trim());
  const [nodes, setNodes] = useState<string[]>([]);
  useEffect(() => {
    get<{ nodes: { name: string }[] }>("/cluster").then((c) => setNodes(c.nodes.map((n) => n.name)), () => setNodes([]));
  }, []);
  return (
    <Page title="Actors">
      <div class="row wrap filters">
        <Search label="Name or id" value={q} change={(v) => setParams({ q: v })} />
        <select class="input" aria-label="Node" value={node} onChange={(e) => setParams({ node: e.currentTarget.value })}>
          <option value="">All nodes</option>
          {nodes.map((n) => <option key={n} value={n}>{n}</option>)}
        </select>
        <Choice<Show> label="How they are shown" value={show as Show} pick={(v) => setParams({ show: v === "tree" ? "" : v })} options={[{ value: "tree", text: "Tree" }, { value: "table", text: "Table" }, { value: "stuck", text: "Stuck" }, { value: "dead", text: "Dead" }]} />
      </div>
      {show !== "stuck" && <Trouble />}
      <Card>{show === "tree" ? <Tree q={text} node={node} /> : <Flat q={text} node={node} state={show === "table" ? "" : show} sort={sort} />}</Card>
    </Page>
  );
}
