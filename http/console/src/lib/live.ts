// The stream of everything that is shown live, and what it has told so far.
import { signal } from "@preact/signals";
import { failureOf, headers, token, tokenWanted, url, wantToken } from "./api";
import { History } from "./history";
import type { RequestChange } from "./merge";
import { backoff, readEvents, type ServerEvent } from "./sse";
import type { Overview } from "./types";

export type Link = { state: "connecting" } | { state: "live" } | { state: "lost"; since: number; why: string; next: number };

export const link = signal<Link>({ state: "connecting" });
export const overview = signal<Overview | null>(null);
// A second hand for all words about time.
export const now = signal(Date.now());
export const history = new History(["t", "in", "out", "waiting", "busy", "preprocess_p99", "process_p99", "notify_p99", "preprocess", "process", "notify"]);

type Listener = (change: RequestChange | null) => void;
const listeners = new Set<Listener>();
// Called for each change of a request; with null when some were left out, or may have been missed.
export function onRequest(f: Listener): () => void {
  listeners.add(f);
  return () => listeners.delete(f);
}

function remember(o: Overview) {
  const of = (name: string) => o.stages.find((s) => s.name === name);
  history.push({
    t: Date.parse(o.at) / 1000,
    in: o.topics[0]?.rate ?? 0,
    out: of("process")?.rate ?? 0,
    waiting: o.queues.reduce((n, q) => n + q.visible, 0),
    busy: o.stages.reduce((n, s) => n + s.busy, 0),
    preprocess_p99: of("preprocess")?.p99_ms ?? NaN,
    process_p99: of("process")?.p99_ms ?? NaN,
    notify_p99: of("notify")?.p99_ms ?? NaN,
    preprocess: of("preprocess")?.rate ?? 0,
    process: of("process")?.rate ?? 0,
    notify: of("notify")?.rate ?? 0,
  });
  overview.value = o;
}

function take(e: ServerEvent) {
  const data = JSON.parse(e.data);
  if (e.event === "snapshot" || e.event === "overview") {
    remember(data.overview ?? data);
  } else if (e.event === "request") {
    const change = typeof data.dropped === "number" ? null : (data as RequestChange);
    for (const f of listeners) f(change);
  }
}

// Comments come every 15 s: what is silent for longer than two of them is gone, whatever TCP believes.
const silence_ms = 35_000;
let tries = 0;
let running: AbortController | null = null;
let waiting: ReturnType<typeof setTimeout> | undefined;

async function connect() {
  const ending = new AbortController();
  running = ending;
  let watchdog: ReturnType<typeof setTimeout> | undefined;
  const alive = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => ending.abort(), silence_ms);
  };
  let why = "the node does not answer";
  try {
    alive();
    const answer = await fetch(url("/events"), { headers: { ...headers(), Accept: "text/event-stream" }, signal: ending.signal, cache: "no-store" });
    if (!answer.ok) {
      const failure = await failureOf(answer);
      if (answer.status === 401 || answer.status === 403) wantToken(failure.message);
      throw failure;
    }
    why = "the node ended the connection";
    tries = 0;
    if (tokenWanted.value !== null) tokenWanted.value = null;
    const again = link.value.state === "lost";
    link.value = { state: "live" };
    // Whoever shows requests may have missed some.
    if (again) for (const f of listeners) f(null);
    await readEvents(answer.body!, take, alive);
  } catch (e) {
    if (e instanceof Error && "code" in e && typeof e.code === "string") why = e.message;
  } finally {
    clearTimeout(watchdog);
  }
  if (running !== ending) return;
  const wait = backoff(tries++);
  const since = link.value.state === "lost" ? link.value.since : Date.now();
  link.value = { state: "lost", since, why, next: Date.now() + wait };
  waiting = setTimeout(connect, wait);
}

export function reconnect() {
  clearTimeout(waiting);
  const old = running;
  running = null;
  old?.abort();
  tries = 0;
  void connect();
}

export function startLive() {
  setInterval(() => (now.value = Date.now()), 1000);
  void connect();
  addEventListener("online", reconnect);
  let first = true;
  token.subscribe(() => {
    if (!first) reconnect();
    first = false;
  });
}
