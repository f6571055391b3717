// The small parts that all views are made of.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { tokenOpen, type ApiError } from "../lib/api";
import { ago, exact, shortId, words } from "../lib/format";
import { now } from "../lib/live";
import { href } from "../lib/route";
import type { ActorState, NotificationState, RequestStatus } from "../lib/types";
import { Icon, type IconName } from "./icons";

export function Time({ at }: { at: string | null | undefined }) {
  if (!at) return <span class="faint">–</span>;
  return <time dateTime={at} title={exact(at)} class="nowrap">{ago(at, now.value)}</time>;
}

export function Status({ status, run }: { status: RequestStatus; run?: number }) {
  const how = status === "failed" ? "bad" : status === "processed" ? "good" : status === "cancelled" ? "" : "run";
  const dot = status === "failed" ? "bad" : status === "processed" ? "good" : status === "cancelled" ? "" : "accent";
  return (
    <span class={`badge ${how}`}>
      <i class={`dot ${dot}`} />
      {status}
      {run && run > 1 ? <span class="faint">run {run}</span> : null}
    </span>
  );
}

export function ActorStatus({ state }: { state: ActorState }) {
  const how = { idle: "", busy: "good", stuck: "bad", backoff: "warn", dead: "" }[state];
  const dot = { idle: "", busy: "accent", stuck: "bad", backoff: "warn", dead: "" }[state];
  return <span class={`badge ${how}`}><i class={`dot ${dot}`} />{state === "backoff" ? "backing off" : state}</span>;
}

export function Sent({ state }: { state: NotificationState }) {
  if (state === "none") return <span class="faint">–</span>;
  const how = state === "failed" ? "bad" : state === "sent" ? "good" : "run";
  return <span class={`badge ${how}`}><i class={`dot ${state === "pending" ? "accent" : how}`} />{state}</span>;
}

export function RequestLink({ id, short = true }: { id: string; short?: boolean }) {
  return <a class="id" href={href(["requests", id])} title={id}>{short ? shortId(id) : id}</a>;
}

export function Code({ code }: { code: string }) {
  return <span class="mono">{words(code)}</span>;
}

export function Meter({ share, how = "" }: { share: number; how?: string }) {
  const p = Math.max(0, Math.min(100, share * 100));
  return <div class="meter" aria-hidden="true"><i class={how} style={{ width: `${p}%` }} /></div>;
}

export function Card({ title, aside, children, class: extra = "" }: { title?: ComponentChildren; aside?: ComponentChildren; children: ComponentChildren; class?: string }) {
  return (
    <section class={`card ${extra}`}>
      {title !== undefined && (
        <header>
          <h2>{title}</h2>
          {aside !== undefined && <div class="aside">{aside}</div>}
        </header>
      )}
      {children}
    </section>
  );
}

export function Page({ title, up, actions, children }: { title: ComponentChildren; up?: { text: string; to: string }; actions?: ComponentChildren; children: ComponentChildren }) {
  return (
    <div class="page">
      <div class="head">
        {up ? (
          <nav class="crumbs" aria-label="Where this is">
            <a href={up.to}>{up.text}</a>
            <span class="sep"><Icon name="right" size={14} /></span>
            <h1 class="clip">{title}</h1>
          </nav>
        ) : (
          <h1>{title}</h1>
        )}
        {actions && <div class="actions">{actions}</div>}
      </div>
      {children}
    </div>
  );
}

export function Empty({ icon = "inbox", title, children }: { icon?: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="state">
      <span class="glyph"><Icon name={icon} size={20} /></span>
      <b>{title}</b>
      {children}
    </div>
  );
}

export function Loading({ rows = 6 }: { rows?: number }) {
  return (
    <div class="bones" role="status">
      <span class="sr">Loading</span>
      {Array.from({ length: rows }, (_, i) => <i key={i} />)}
    </div>
  );
}

export function Failed({ error, retry }: { error: ApiError | Error; retry?: () => void }) {
  const code = "code" in error ? error.code : "";
  const gone = code === "unreachable";
  const shut = code === "unauthorized" || code === "forbidden";
  return (
    <div class="state bad" role="alert">
      <span class="glyph"><Icon name={gone ? "unplug" : shut ? "key" : "alert"} size={20} /></span>
      <b>{gone ? "The node does not answer" : shut ? "This is for operators" : "This could not be read"}</b>
      <p>{gone ? "It may be starting again. What is shown comes back by itself when it does." : error.message}</p>
      {"requestId" in error && error.requestId ? <p class="faint">In the log: <span class="mono">{error.requestId as string}</span></p> : null}
      {shut && <button class="btn primary" onClick={() => (tokenOpen.value = true)}>Enter the admin token</button>}
      {retry && !shut && <button class="btn" onClick={retry}><Icon name="refresh" />Try again</button>}
    </div>
  );
}

// Nodes that an answer is without.
export function Unreachable({ nodes }: { nodes?: string[] }) {
  if (!nodes?.length) return null;
  return <div class="note" role="status"><Icon name="unplug" />{nodes.join(", ")} {nodes.length === 1 ? "does" : "do"} not answer: what {nodes.length === 1 ? "it knows" : "they know"} is missing here.</div>;
}

export function Choice<T extends string>({ label, value, options, pick }: { label: string; value: T; options: { value: T; text: ComponentChildren }[]; pick: (v: T) => void }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const el = box.current!;
    const picked = el.querySelector<HTMLElement>("[aria-pressed=true]");
    if (picked) el.scrollLeft = picked.offsetLeft - el.clientWidth / 2 + picked.clientWidth / 2;
  }, [value]);
  return (
    <div ref={box} class="seg" role="group" aria-label={label}>
      {options.map((o) => (
        <button key={o.value} type="button" aria-pressed={o.value === value} onClick={() => pick(o.value)}>{o.text}</button>
      ))}
    </div>
  );
}

export function Search({ label, value, change, onEnter }: { label: string; value: string; change: (v: string) => void; onEnter?: () => void }) {
  return (
    <div class="search">
      <Icon name="search" />
      <input class="input" type="search" data-search aria-label={label} placeholder={label} value={value} spellcheck={false} autocomplete="off"
        onInput={(e) => change(e.currentTarget.value)} onKeyDown={(e) => { if (e.key === "Enter") onEnter?.(); if (e.key === "Escape") e.currentTarget.blur(); }} />
      <kbd aria-hidden="true">/</kbd>
    </div>
  );
}
