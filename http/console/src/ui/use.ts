// Reading the API from a view.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, get, nextOf, token, type Params } from "../lib/api";
import { link } from "../lib/live";
import { append } from "../lib/merge";

export interface Read<T> { data: T | null; error: ApiError | null; loading: boolean; again: () => void }

const asApiError = (e: unknown) => (e instanceof ApiError ? e : new ApiError(0, "internal", String(e)));
const aborted = (e: unknown) => e instanceof DOMException && e.name === "AbortError";

// Reads, and reads again every `every` ms while the page is in sight. What was read stays while the next is on its way, and also
// when that fails: `error` then stands beside `data`.
export function useRead<T>(path: string | null, params: Params = {}, every = 0): Read<T> {
  const [state, set] = useState<{ data: T | null; error: ApiError | null; loading: boolean; of: string }>({ data: null, error: null, loading: true, of: "" });
  const [turn, setTurn] = useState(0);
  const of = JSON.stringify([path, params]);
  const linked = link.value.state === "live";
  const who = token.value;
  useEffect(() => {
    if (path === null) return;
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async () => {
      if (!document.hidden) {
        try {
          const data = await get<T>(path, params, ending.signal);
          set({ data, error: null, loading: false, of });
        } catch (e) {
          if (aborted(e)) return;
          set((s) => ({ data: s.of === of ? s.data : null, error: asApiError(e), loading: false, of }));
        }
      }
      if (every && !ending.signal.aborted) timer = setTimeout(read, every);
    };
    void read();
    return () => {
      ending.abort();
      clearTimeout(timer);
    };
  }, [of, every, turn, linked, who]);
  const again = useCallback(() => setTurn((t) => t + 1), []);
  const mine = state.of === of;
  return { data: mine ? state.data : null, error: mine ? state.error : null, loading: !mine || state.loading, again };
}

export interface Pages<T> {
  rows: T[];
  first: Record<string, unknown> | null; // what the first page says besides its rows
  error: ApiError | null;
  loading: boolean;
  more: (() => void) | null;
  onEnd: (() => void) | null; // the same, unless it failed just now: what runs by itself must not hammer
  again: () => void;
  change: (f: (rows: T[]) => T[]) => void;
}

// A list that comes in pages.
export function usePages<T>(path: string | null, name: string, params: Params, id: (t: T) => string, limit = 100): Pages<T> {
  const of = JSON.stringify([path, params]);
  const [state, set] = useState<{ rows: T[]; first: Record<string, unknown> | null; error: ApiError | null; loading: boolean; next: string | null; of: string }>({ rows: [], first: null, error: null, loading: true, next: null, of: "" });
  const [turn, setTurn] = useState(0);
  const ending = useRef(new AbortController());
  const linked = link.value.state === "live";
  const who = token.value;
  const read = async (cursor: string | null) => {
    if (path === null) return;
    const mine = ending.current;
    set((s) => ({ ...s, loading: true }));
    try {
      const page = await get<Record<string, unknown>>(path, { ...params, limit, cursor }, mine.signal);
      const more = page[name] as T[];
      set((s) => ({ rows: cursor === null ? more : append(s.rows, more, id), first: cursor === null ? page : s.first, error: null, loading: false, next: nextOf(page as { next_cursor?: string }), of }));
    } catch (e) {
      if (!aborted(e)) set((s) => ({ ...s, rows: s.of === of ? s.rows : [], error: asApiError(e), loading: false, of }));
    }
  };
  useEffect(() => {
    ending.current = new AbortController();
    void read(null);
    return () => ending.current.abort();
  }, [of, turn, linked, who]);
  const mine = state.of === of;
  const more = mine && state.next !== null && !state.loading ? () => void read(state.next) : null;
  return {
    rows: mine ? state.rows : [],
    first: mine ? state.first : null,
    error: mine ? state.error : null,
    loading: !mine || state.loading,
    more,
    onEnd: state.error ? null : more,
    again: useCallback(() => setTurn((t) => t + 1), []),
    change: useCallback((f: (rows: T[]) => T[]) => set((s) => ({ ...s, rows: f(s.rows) })), []),
  };
}

// The value as it was when it last rested.
export function useSettled<T>(value: T, ms = 250): T {
  const [settled, set] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => set(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
