// What a page holds, with what came since.
import type { RequestRecord, RequestStatus } from "./types";

// Pages overlap when rows come in between: each id once, in the order that it was seen first, as it was seen last.
export function append<T>(have: T[], more: T[], id: (t: T) => string): T[] {
  const at = new Map(have.map((t, i) => [id(t), i]));
  const out = have.slice();
  for (const one of more) {
    const i = at.get(id(one));
    if (i === undefined) {
      at.set(id(one), out.length);
      out.push(one);
    } else {
      out[i] = one;
    }
  }
  return out;
}

const order: RequestStatus[] = ["accepted", "preprocessing", "preprocessed", "processing", "processed"];
// Within a run a status never goes back, so an event that came late changes nothing; a later run starts over.
export function isNewer(have: { status: RequestStatus; run: number }, came: { status: RequestStatus; run: number }): boolean {
  if (came.run !== have.run) return came.run > have.run;
  const rank = (s: RequestStatus) => (order.includes(s) ? order.indexOf(s) : order.length);
  return rank(came.status) > rank(have.status);
}

export interface RequestChange { id: string; status: RequestStatus; run: number }

export function applyChange(rows: RequestRecord[], change: RequestChange): RequestRecord[] {
  const i = rows.findIndex((r) => r.id === change.id);
  if (i < 0 || !isNewer(rows[i]!, change)) return rows;
  const out = rows.slice();
  out[i] = { ...rows[i]!, status: change.status, run: change.run };
  return out;
}
