// Numbers, sizes and times as an operator reads them. Every function takes what the API gives and has no state.

const none = "–";

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

// 12345 → "12,345"; from a million on "1.23 M".
export function count(n: number | null | undefined): string {
  if (n == null || !Number.isFinite(n)) return none;
  if (Math.abs(n) >= 1e9) return `${(n / 1e9).toFixed(2)} G`;
  if (Math.abs(n) >= 1e6) return `${(n / 1e6).toFixed(2)} M`;
  return grouped.format(n);
}

// Per second: two digits that matter, and none after the point from ten on.
export function rate(n: number | null | undefined): string {
  if (n == null || !Number.isFinite(n)) return none;
  if (n === 0) return "0";
  if (n < 0.05) return "<0.1";
  return n < 9.95 ? n.toFixed(1) : count(Math.round(n));
}

export function percent(share: number | null | undefined): string {
  if (share == null || !Number.isFinite(share)) return none;
  const p = share * 100;
  if (p > 0 && p < 1) return "<1 %";
  return `${Math.round(p)} %`;
}

export function bytes(n: number | null | undefined): string {
  if (n == null || !Number.isFinite(n)) return none;
  if (n < 1024) return `${n} B`;
  let value = n;
  let unit = -1;
  do {
    value /= 1024;
    ++unit;
  } while (value >= 999.5 && unit < 4);
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${["KiB", "MiB", "GiB", "TiB", "PiB"][unit]}`;
}

// A duration: "340 µs", "12 ms", "1.4 s", "3 min 20 s", "5 h 2 min", "3 d 4 h".
export function duration(ms: number | null | undefined): string {
  if (ms == null || !Number.isFinite(ms)) return none;
  if (ms < 0) return `−${duration(-ms)}`;
  if (ms === 0) return "0 ms";
  if (ms < 0.9995) return `${Math.max(1, Math.round(ms * 1000))} µs`;
  if (ms < 9.95) return `${Number(ms.toFixed(1))} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${Number((ms / 1000).toFixed(1))} s`;
  const s = Math.round(ms / 1000);
  if (s < 60) return `${s} s`;
  const parts: [number, string][] = [[Math.floor(s / 86_400), "d"], [Math.floor(s / 3600) % 24, "h"], [Math.floor(s / 60) % 60, "min"], [s % 60, "s"]];
  const first = parts.findIndex(([n]) => n > 0);
  return parts.slice(first, first + 2).filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}`).join(" ");
}

// "just now", "12 s ago", "in 3 min". One unit: who wants more looks at the exact time.
export function ago(at: string | number | Date | null | undefined, now: number): string {
  const then = at == null ? NaN : new Date(at).getTime();
  if (Number.isNaN(then)) return none;
  const past = now - then;
  const s = Math.floor(Math.abs(past) / 1000);
  if (s < 2) return "just now";
  const [n, unit] = s < 60 ? [s, "s"] : s < 3600 ? [Math.floor(s / 60), "min"] : s < 86_400 ? [Math.floor(s / 3600), "h"] : [Math.floor(s / 86_400), "d"];
  return past > 0 ? `${n} ${unit} ago` : `in ${n} ${unit}`;
}

// The exact time, in the reader's own zone, with milliseconds and the zone's offset.
export function exact(at: string | number | Date | null | undefined): string {
  const t = at == null ? null : new Date(at);
  if (!t || Number.isNaN(t.getTime())) return none;
  const two = (n: number, width = 2) => String(n).padStart(width, "0");
  const off = -t.getTimezoneOffset();
  const zone = off === 0 ? "UTC" : `UTC${off > 0 ? "+" : "−"}${two(Math.floor(Math.abs(off) / 60))}:${two(Math.abs(off) % 60)}`;
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())} ${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}.${two(t.getMilliseconds(), 3)} ${zone}`;
}

export const clock = (at: string) => exact(at).slice(11, 23);

// "1 message", "12 messages".
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

// What tells ULIDs apart is at their end.
export const shortId = (id: string) => (id.length > 12 ? `…${id.slice(-8)}` : id);

export const looksLikeId = (text: string) => /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i.test(text.trim());

// A word of the API as a person would write it: "in_flight" → "in flight".
export const words = (text: string) => text.replaceAll("_", " ");
