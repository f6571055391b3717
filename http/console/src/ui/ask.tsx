// Asking before something is done that cannot be taken back, and saying what came of it.
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { ApiError } from "../lib/api";
import { Icon } from "./icons";

export interface Question {
  title: string; // what, to how much
  text: ComponentChildren; // what it will do
  confirm: string; // the button's verb
  danger?: boolean;
  reason?: string; // label of a text that is needed
  act: (reason: string) => Promise<string | void>; // what to say when it is done
}

const question = signal<Question | null>(null);
export const ask = (q: Question) => {
  question.value = q;
};

interface Said { id: number; text: string; good: boolean }
const said = signal<Said[]>([]);
let last = 0;
export function say(text: string, good = true) {
  const one = { id: ++last, text, good };
  said.value = [...said.value.slice(-3), one];
  setTimeout(() => unsay(one.id), good ? 5_000 : 12_000);
}
const unsay = (id: number) => {
  said.value = said.value.filter((s) => s.id !== id);
};

// For actions that need no question.
export async function doing(act: () => Promise<string | void>) {
  try {
    const text = await act();
    if (text) say(text);
  } catch (e) {
    say(e instanceof ApiError ? e.message : String(e), false);
  }
}

export function Modal({ label, close, children }: { label: string; close: () => void; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const back = document.activeElement as HTMLElement | null;
    box.current!.showModal();
    return () => back?.isConnected ? back.focus() : undefined;
  }, []);
  return (
    <dialog ref={box} aria-label={label} onCancel={(e) => { e.preventDefault(); close(); }} onClick={(e) => { if (e.target === box.current) close(); }}>
      {children}
    </dialog>
  );
}

function Asked({ q }: { q: Question }) {
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const close = () => {
    if (!busy) question.value = null;
  };
  const long = new TextEncoder().encode(reason).length > 256;
  const act = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    setError("");
    try {
      const text = await q.act(reason.trim());
      question.value = null;
      if (text) say(text);
    } catch (x) {
      setError(x instanceof ApiError ? x.message : String(x));
      setBusy(false);
    }
  };
  return (
    <Modal label={q.title} close={close}>
      <form onSubmit={act}>
        <h2>{q.title}</h2>
        <div class="muted">{q.text}</div>
        {q.reason && (
          <label class="field">
            <span>{q.reason}</span>
            <input class="input" required value={reason} maxLength={256} autoFocus onInput={(e) => setReason(e.currentTarget.value)} />
          </label>
        )}
        {long && <p class="bad">At most 256 bytes.</p>}
        {error && <div class="note bad" role="alert"><Icon name="alert" />{error}</div>}
        <div class="buttons">
          <button type="button" class="btn" onClick={close} autoFocus={!q.reason && q.danger}>Cancel</button>
          <button type="submit" class={`btn primary ${q.danger ? "danger" : ""}`} disabled={busy || long || (!!q.reason && !reason.trim())} autoFocus={!q.reason && !q.danger}>
            {busy && <Icon name="refresh" spin />}{q.confirm}
          </button>
        </div>
      </form>
    </Modal>
  );
}

export function Asking() {
  const q = question.value;
  return q && <Asked key={q.title} q={q} />;
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {said.value.map((s) => (
        <div key={s.id} class={`toast ${s.good ? "good" : "bad"}`}>
          <Icon name={s.good ? "check" : "alert"} />
          <span class="grow">{s.text}</span>
          <button class="btn plain icon small" aria-label="Dismiss" onClick={() => unsay(s.id)}><Icon name="close" size={14} /></button>
        </div>
      ))}
    </div>
  );
}
