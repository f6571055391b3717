// Whether actions are to be offered: what GET /cluster said last. Nodes that do not say allow them.
import { signal } from "@preact/signals";
import { get } from "./api";
import type { Cluster } from "./types";

export const destructive = signal(true);

export async function readConsoleRules() {
  try {
    destructive.value = (await get<Cluster>("/cluster")).console?.destructive ?? true;
  } catch {
    // Who may not read the cluster is asked for a token where the view is; nothing changes until then.
  }
}
