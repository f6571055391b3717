// Where the operator is: #/requests?status=failed. In the fragment, so that no proxy needs to know the console's paths.
import { signal } from "@preact/signals";

export interface Route { path: string[]; params: Record<string, string> }

export function parse(hash: string): Route {
  const text = hash.replace(/^#?\/?/, "");
  const question = text.indexOf("?");
  const path = (question < 0 ? text : text.slice(0, question)).split("/").filter(Boolean).map(decode);
  const params: Record<string, string> = {};
  if (question >= 0) for (const [k, v] of new URLSearchParams(text.slice(question + 1))) params[k] = v;
  return { path, params };
}

// A % that a person typed is no reason to show nothing.
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function href(path: string[], params: Record<string, string | null | undefined> = {}): string {
  const query = new URLSearchParams();
  for (const [k, v] of Object.entries(params)) if (v) query.set(k, v);
  const text = query.toString();
  return `#/${path.map(encodeURIComponent).join("/")}${text ? `?${text}` : ""}`;
}

export const route = signal<Route>({ path: [], params: {} });

export function startRouting() {
  const read = () => {
    route.value = parse(location.hash);
  };
  addEventListener("hashchange", read);
  read();
}

export function go(path: string[], params: Record<string, string | null | undefined> = {}) {
  location.hash = href(path, params);
}

// Filters belong to the address, but each letter typed is no step to go back to.
export function setParams(params: Record<string, string | null | undefined>) {
  const now = route.value;
  const to = href(now.path, { ...now.params, ...params });
  history.replaceState(null, "", to);
  route.value = parse(to);
}
