// What an operator should look at first, the worst before the rest, each with where it is mended.
import { count, duration, plural, words } from "./format";
import { href } from "./route";
import { restless } from "./tree";
import type { Actor, Cluster, Overview } from "./types";

// `verdict`: it is the cluster's state, not what somebody once has to look through.
export interface Concern { how: "bad" | "warn"; text: string; more: string; to: string; verdict: boolean }

// A replica is behind for a moment whenever something is written.
export const far_behind = 100;

// `restarted`: those with the most restarts; not all of them matter still.
export interface Troubled { stuck: Actor[]; restarted: Actor[] }

export function concernsOf(o: Overview, c: Cluster | null, a: Troubled): Concern[] {
  const out: Concern[] = [];
  const add = (how: Concern["how"], text: string, to: string, more = "", verdict = true) => out.push({ how, text, more, to, verdict });
  for (const n of o.nodes) if (!n.up) add("bad", `${n.name} does not answer`, href(["cluster"]));
  const lone = c?.partitions.filter((p) => !p.leader) ?? [];
  if (lone.length) add("bad", `${plural(lone.length, "partition")} without a leader`, href(["cluster"]));

  if (a.stuck.length > 2) add("bad", `${plural(a.stuck.length, "actor")} are stuck`, href(["actors"], { show: "stuck" }));
  else for (const one of a.stuck) add("bad", `${one.name} on ${one.node} is stuck`, href(["actors", one.id]), one.current ? `at ${words(one.current.message)} for ${duration(one.current.for_ms)}` : "");
  const down = a.restarted.filter((one) => one.state !== "stuck" && restless(one, Date.parse(o.at)));
  if (down.length > 2) add("warn", `${plural(down.length, "actor")} go down again and again`, href(["actors"]));
  else for (const one of down) add("warn", `${one.name} on ${one.node} went down ${plural(one.restarts, "time")}`, href(["actors", one.id]), one.last_error ?? "");

  for (const q of o.queues) if (q.paused) add("warn", `${q.name} is paused`, href(["queues", q.name]), `${plural(q.visible, "message")} waiting`);
  for (const n of o.nodes) if (n.up && n.draining) add("warn", `${n.name} is draining`, href(["cluster"]));
  for (const n of o.nodes) {
    // Of one that is gone it is not news.
    if (!n.up) continue;
    const behind = (c?.partitions ?? []).map((p) => p.replicas.find((r) => r.node === n.name && r.up)?.lag ?? 0).filter((lag) => lag > far_behind);
    if (behind.length) add("warn", `${n.name} is behind`, href(["cluster"]), `up to ${count(Math.max(...behind))} entries, in ${plural(behind.length, "partition")}`);
  }
  for (const q of o.queues) if (q.dead) add("bad", `${plural(q.dead, "dead letter")} in ${q.name}`, href(["queues", q.name], { tab: "dead" }), "", false);
  return out;
}
