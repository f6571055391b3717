// Calls of the API. The base is found from where the console itself is: /any/prefix/console/ → /any/prefix/.
import { signal } from "@preact/signals";

export const base = new URL("../", document.baseURI).href;
const key = "dip-admin-token";

export const token = signal(sessionStorage.getItem(key) ?? "");
// What the API says when it wants a token, or another one; null: it wants none.
export const tokenWanted = signal<string | null>(null);
// Whether it is asked for just now; who said "not now" is not asked again for the same reason.
export const tokenOpen = signal(false);

export function wantToken(why: string) {
  if (tokenWanted.value !== why) tokenOpen.value = true;
  tokenWanted.value = why;
}

export function setToken(text: string) {
  token.value = text;
  if (text) sessionStorage.setItem(key, text);
  else sessionStorage.removeItem(key);
  tokenWanted.value = null;
  tokenOpen.value = false;
}

export class ApiError extends Error {
  constructor(readonly status: number, readonly code: string, detail: string, readonly pointer = "", readonly requestId = "") {
    super(detail);
  }
}

export const headers = (): Record<string, string> => (token.value ? { Authorization: `Bearer ${token.value}` } : {});

// What an answer that is not ok says. Someone between us and the node may answer as well, with anything.
export async function failureOf(answer: Response): Promise<ApiError> {
  const text = await answer.text().catch(() => "");
  try {
    const p = JSON.parse(text);
    if (typeof p.code === "string") return new ApiError(answer.status, p.code, p.detail || p.title, p.pointer, p.request_id);
  } catch {
    // No problem document: what follows says so.
  }
  return new ApiError(answer.status, "unknown", `the answer was ${answer.status} ${answer.statusText}`.trim());
}

export type Params = Record<string, string | number | null | undefined>;

export function url(path: string, params: Params = {}): string {
  const out = new URL(path.replace(/^\//, ""), base);
  for (const [name, value] of Object.entries(params))
    if (value !== null && value !== undefined && value !== "") out.searchParams.set(name, String(value));
  return out.href;
}

async function call(method: string, target: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(target, {
      method,
      headers: body === undefined ? headers() : { ...headers(), "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ?? null,
      cache: "no-store",
    });
  } catch (e) {
    if (e instanceof DOMException && e.name === "AbortError") throw e;
    throw new ApiError(0, "unreachable", "the node does not answer");
  }
  if (answer.ok) return answer;
  const failure = await failureOf(answer);
  // A refused action is told where it was asked for; only what cannot be read at all asks for a token.
  if (answer.status === 401 || (answer.status === 403 && method === "GET")) wantToken(failure.message);
  throw failure;
}

export async function get<T>(path: string, params: Params = {}, signal?: AbortSignal): Promise<T> {
  return (await call("GET", url(path, params), undefined, signal)).json();
}
export async function post<T>(path: string, body?: unknown): Promise<T> {
  const answer = await call("POST", url(path), body);
  return answer.status === 204 ? (undefined as T) : answer.json();
}
export async function remove(path: string, params: Params = {}): Promise<void> {
  await call("DELETE", url(path, params));
}

// A page's cursor.
export const nextOf = (page: { next_cursor?: string | null; next?: string | null }): string | null =>
  page.next_cursor ?? page.next ?? null;

// A file's URL by the node that the console comes from: its public URL may be another origin, which the page may not ask.
export function local(fileUrl: string): string {
  const at = fileUrl.search(/\/files\/rtp-[a-z-]+\//);
  return at < 0 ? fileUrl : url(fileUrl.slice(at));
}
