// The supervision tree out of the flat list of actors.
import type { Actor } from "./types";

export interface TreeRow { actor: Actor; depth: number; children: number; open: boolean; trouble: number }

export const inTrouble = (a: Actor) => a.state === "stuck" || a.state === "backoff";

// It went down several times, and did so just now.
export const restless = (a: Actor, now: number) =>
  a.state === "backoff" || (a.restarts > 2 && a.restarted_at !== null && now - Date.parse(a.restarted_at) < 300_000);

// Parents before their children, by name with numbers in order. Who names a parent that is not in the list is a root: the list
// may be filtered. `trouble` counts those below that are stuck or start again and again, so that a closed branch cannot hide them.
export function treeRows(actors: Actor[], closed: ReadonlySet<string>): TreeRow[] {
  const known = new Set(actors.map((a) => a.id));
  const below = new Map<string | null, Actor[]>();
  for (const a of actors) {
    const parent = a.parent !== null && known.has(a.parent) ? a.parent : null;
    const list = below.get(parent);
    if (list) list.push(a);
    else below.set(parent, [a]);
  }
  for (const list of below.values()) list.sort((a, b) => byName(a.node, b.node) || byName(a.name, b.name));
  const troubled = new Map<string, number>();
  const seen = new Set<string>();
  const weigh = (a: Actor): number => {
    if (seen.has(a.id)) return 0;
    seen.add(a.id);
    const sum = (below.get(a.id) ?? []).reduce((n, c) => n + weigh(c) + (inTrouble(c) ? 1 : 0), 0);
    troubled.set(a.id, sum);
    return sum;
  };
  const out: TreeRow[] = [];
  const walk = (list: Actor[], depth: number) => {
    for (const actor of list) {
      const children = below.get(actor.id) ?? [];
      const open = children.length > 0 && !closed.has(actor.id);
      out.push({ actor, depth, children: children.length, open, trouble: troubled.get(actor.id) ?? 0 });
      if (open) walk(children, depth + 1);
    }
  };
  const roots = below.get(null) ?? [];
  roots.forEach(weigh);
  walk(roots, 0);
  return out;
}

const collator = new Intl.Collator("en", { numeric: true });
export const byName = (a: string, b: string) => collator.compare(a, b);
