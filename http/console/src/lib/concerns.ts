// What an operator should look at first, the worst before the rest, each with where it is mended.
import { count, duration, plural, words } from "./format";
import { href } from "./route";
import { restless } from "./tree";
import type { Actor, Cluster, Overview } from "./types";

export interface Concern { how: "bad" | "warn"; text: string; to: string; verdict: boolean }

// A replica is behind for a moment whenever something is written.
export const far_behind = 100;

// `restarted`: those with the most restarts; not all of them matter still.
export interface Troubled { stuck: Actor[]; restarted: Actor[] }

export function concernsOf(o: Overview, c: Cluster | null, a: Troubled): Concern[] {
  const out: Concern[] = [];
  // `verdict`: it is the cluster's state, not what somebody once has to look through.
  const add = (how: Concern["how"], text: string, to: string, verdict = true) => out.push({ how, text, to, verdict });
  for (const n of o.nodes) if (!n.up) add("bad", `${n.name} does not answer`, href(["cluster"]));
  const lone = c?.partitions.filter((p) => !p.leader) ?? [];
  if (lone.length) add("bad", `${plural(lone.length, "partition")} without a leader`, href(["cluster"]));

  const far = (a: Actor) => (a.current ? `: at ${words(a.current.message)} for ${duration(a.current.for_ms)}` : "");
  if (a.stuck.length > 2) add("bad", `${plural(a.stuck.length, "actor")} are stuck`, href(["actors"], { show: "stuck" }));
  else for (const one of a.stuck) add("bad", `${one.name} on ${one.node} is stuck${far(one)}`, href(["actors", one.id]));
  const down = a.restarted.filter((one) => one.state !== "stuck" && restless(one, Date.parse(o.at)));
  if (down.length > 2) add("warn", `${plural(down.length, "actor")} go down again and again`, href(["actors"]));
  else for (const one of down) add("warn", `${one.name} on ${one.node} went down ${plural(one.restarts, "time")}${one.last_error ? `: ${one.last_error}` : ""}`, href(["actors", one.id]));

  for (const q of o.queues) if (q.paused) add("warn", `${q.name} is paused, ${count(q.visible)} waiting`, href(["queues", q.name]));
  for (const n of o.nodes) if (n.up && n.draining) add("warn", `${n.name} is draining`, href(["cluster"]));
  for (const n of o.nodes) {
    // Of one that is gone it is not news.
    if (!n.up) continue;
    const behind = (c?.partitions ?? []).map((p) => p.replicas.find((r) => r.node === n.name && r.up)?.lag ?? 0).filter((lag) => lag > far_behind);
    if (behind.length) add("warn", `${n.name} is ${count(Math.max(...behind))} entries behind in ${plural(behind.length, "partition")}`, href(["cluster"]));
  }
  for (const q of o.queues) if (q.dead) add("bad", `${plural(q.dead, "dead letter")} in ${q.name}`, href(["queues", q.name], { tab: "dead" }), false);
  return out;
}
