// What is around every view: where one can go, whether what is shown is live, and how it looks.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { setToken, token, tokenOpen, tokenWanted } from "../lib/api";
import { ago, count, exact } from "../lib/format";
import { link, now, overview, reconnect } from "../lib/live";
import { go, href, route } from "../lib/route";
import { nextTheme, theme } from "../lib/theme";
import { Modal } from "./ask";
import { Icon, type IconName } from "./icons";

export const places: { path: string; text: string; icon: IconName; key: string }[] = [
  { path: "", text: "Overview", icon: "overview", key: "o" },
  { path: "requests", text: "Requests", icon: "requests", key: "r" },
  { path: "queues", text: "Queues", icon: "queues", key: "q" },
  { path: "actors", text: "Actors", icon: "actors", key: "a" },
  { path: "cluster", text: "Cluster", icon: "cluster", key: "c" },
  { path: "mail", text: "Mail", icon: "mail", key: "m" },
  { path: "try", text: "Try it", icon: "try", key: "t" },
];

function Tally({ path }: { path: string }) {
  const o = overview.value;
  if (!o) return null;
  if (path === "queues") {
    const dead = o.queues.reduce((n, q) => n + q.dead, 0);
    return dead ? <span class="tally bad" title={`${count(dead)} dead letters`}>{count(dead)}<span class="sr"> dead letters</span></span> : null;
  }
  if (path === "cluster") {
    const down = o.nodes.filter((n) => !n.up).length;
    return down ? <span class="tally bad">{down} down</span> : null;
  }
  return null;
}

function Live() {
  const l = link.value;
  if (l.state === "live") return <div class="live"><i class="dot good" /><span>Live</span></div>;
  if (l.state === "connecting") return <div class="live"><i class="dot" /><span>Connecting…</span></div>;
  return <div class="live"><i class="dot warn" /><span>Not live</span></div>;
}

function Lost() {
  const l = link.value;
  if (l.state !== "lost") return null;
  if (tokenWanted.value !== null)
    return <div class="lost" role="status"><Icon name="key" /><span>Locked: {tokenWanted.value}.</span><button class="btn small" onClick={() => (tokenOpen.value = true)}>Enter the admin token</button></div>;
  const wait = Math.max(0, Math.ceil((l.next - now.value) / 1000));
  return (
    <div class="lost" role="status">
      <Icon name="unplug" />
      <span title={exact(l.since)}>Disconnected since {ago(l.since, now.value)}: {l.why}. What is shown is as it was then.</span>
      <button class="btn small" onClick={reconnect}>{wait > 0 ? `Try now (${wait} s)` : "Trying…"}</button>
    </div>
  );
}

export const helpOpen = { open: () => {} };

function Help() {
  const [open, set] = useState(false);
  helpOpen.open = () => set(true);
  if (!open) return null;
  return (
    <Modal label="Keyboard shortcuts" close={() => set(false)}>
      <div class="body">
        <h2>Keyboard shortcuts</h2>
        <dl class="keys">
          {places.map((p) => [<dt key={p.key}><kbd>g</kbd><kbd>{p.key}</kbd></dt>, <dd key={p.text}>{p.text}</dd>])}
          <dt><kbd>/</kbd></dt><dd>Search in this view</dd>
          <dt><kbd>j</kbd><kbd>k</kbd></dt><dd>Next and previous row of a list, also with the arrow keys</dd>
          <dt><kbd>Enter</kbd></dt><dd>Open the row</dd>
          <dt><kbd>x</kbd></dt><dd>Select the row, where rows can be selected</dd>
          <dt><kbd>[</kbd></dt><dd>Back to the list</dd>
          <dt><kbd>d</kbd></dt><dd>Light, dark, or as the system has it</dd>
          <dt><kbd>?</kbd></dt><dd>This sheet</dd>
        </dl>
        <div class="buttons"><a class="licences" href="./licences.txt">Licences</a><button class="btn" onClick={() => set(false)}>Close</button></div>
      </div>
    </Modal>
  );
}

function Token() {
  const why = tokenWanted.value;
  const [text, set] = useState("");
  if (!tokenOpen.value) return null;
  const later = () => (tokenOpen.value = false);
  return (
    <Modal label="Admin token" close={later}>
      <form onSubmit={(e) => { e.preventDefault(); setToken(text.trim()); set(""); }}>
        <h2 class="row"><Icon name="key" size={18} />Admin token</h2>
        <p class="muted">{why ? `The node says: ${why}. ` : ""}The token stays in this tab, and is forgotten when it is closed.</p>
        <label class="field">
          <span>Token</span>
          <input class="input mono" type="password" autocomplete="off" required autoFocus value={text} onInput={(e) => set(e.currentTarget.value)} />
        </label>
        <div class="buttons">
          <button type="button" class="btn" onClick={later}>Not now</button>
          <button class="btn primary" disabled={!text.trim()}>Unlock</button>
        </div>
      </form>
    </Modal>
  );
}

// "g" and then the place's letter; the rest by themselves. Nothing while somebody types.
function useKeys() {
  const waiting = useRef(0);
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      const at = e.target as HTMLElement;
      if (e.ctrlKey || e.metaKey || e.altKey || at.closest("input, textarea, select, dialog")) return;
      const second = performance.now() - waiting.current < 1200;
      waiting.current = 0;
      const place = second ? places.find((p) => p.key === e.key) : undefined;
      if (place) go(place.path ? [place.path] : []);
      else if (e.key === "g") waiting.current = performance.now();
      else if (e.key === "?") helpOpen.open();
      else if (e.key === "d") nextTheme();
      else if (e.key === "[" && route.value.path.length > 1) go(route.value.path.slice(0, -1));
      else if (e.key === "/") {
        const field = document.querySelector<HTMLInputElement>("[data-search]");
        if (!field) return;
        field.focus();
        field.select();
      } else return;
      e.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

export function Shell({ children }: { children: ComponentChildren }) {
  useKeys();
  const at = route.value.path[0] ?? "";
  // On a narrow screen the places are a strip that scrolls.
  useEffect(() => document.querySelector(".nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" }), [at]);
  const main = useRef<HTMLElement>(null);
  const t = theme.value;
  return (
    <>
      <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); main.current!.focus(); }}>Skip to the content</a>
      <div class="shell">
        <div class="side">
          <a class="brand" href={href([])} aria-label="DIP console"><svg width="22" height="22" viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" aria-hidden="true"><path d="M4 16h8M20 16h8" /><circle cx="16" cy="16" r="4" /></svg><span>DIP</span></a>
          <nav class="nav" aria-label="Views">
            {places.map((p) => (
              <a key={p.path} href={href(p.path ? [p.path] : [])} aria-current={at === p.path ? "page" : undefined} title={`${p.text} (g ${p.key})`}>
                <Icon name={p.icon} />{p.text}<Tally path={p.path} />
              </a>
            ))}
          </nav>
          <footer class="side-foot">
            <div class="row">
              <Live />
              <div class="row">
                {token.value && <button class="btn plain icon small" title="Forget the admin token" aria-label="Forget the admin token" onClick={() => setToken("")}><Icon name="key" /></button>}
                <button class="btn plain icon small help" title="Keyboard shortcuts (?)" aria-label="Keyboard shortcuts" onClick={() => helpOpen.open()}><Icon name="keyboard" /></button>
                <button class="btn plain icon small" title={`Colours: ${t === "auto" ? "as the system has them" : t} (d)`} aria-label={`Colours: ${t}`} onClick={nextTheme}><Icon name={t === "auto" ? "auto" : t === "light" ? "sun" : "moon"} /></button>
              </div>
            </div>
          </footer>
        </div>
        <main id="main" class="main" tabIndex={-1} ref={main}>
          <Lost />
          {children}
        </main>
      </div>
      <Help />
      <Token />
    </>
  );
}
