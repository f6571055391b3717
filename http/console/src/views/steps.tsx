// The steps of a recipe as a form.
import { useState } from "preact/hooks";
import { pick, type Operation, type Param, type Picked, type Value } from "../lib/recipe";
import { Icon } from "../ui/icons";

function Field({ p, value, wrong, change }: { p: Param; value: Value | undefined; wrong: boolean; change: (v: Value) => void }) {
  const text = typeof value === "string" ? value : "";
  if (p.kind === "flag") return <label class="check field-flag" title={p.hint}><input type="checkbox" checked={value === true || (value === undefined && p.standard === "true")} onChange={(e) => change(e.currentTarget.checked)} />{p.name}</label>;
  const common = { class: `input ${wrong ? "wrong" : ""}`, "aria-invalid": wrong, title: p.hint };
  return (
    <label class="field">
      <span>{p.name.replaceAll("_", " ")}{p.needed && <span class="bad" aria-hidden="true"> *</span>}</span>
      {p.kind === "choice" ? <select {...common} value={text} onChange={(e) => change(e.currentTarget.value)}>{<option value="">{p.standard || "–"}</option>}{p.choices!.filter((c) => c !== p.standard).map((c) => <option key={c}>{c}</option>)}</select>
        : p.kind === "integer" || p.kind === "number" ? <input {...common} type="number" min={p.min} max={p.max} step={p.kind === "integer" ? 1 : "any"} placeholder={p.standard} value={text} onInput={(e) => change(e.currentTarget.value)} />
        : p.kind === "colour" ? <span class="row"><input type="color" class="swatch" aria-label={`${p.name}, picked`} value={/^#[0-9a-f]{6}$/i.test(text || p.standard) ? text || p.standard : "#000000"} onInput={(e) => change(e.currentTarget.value)} /><input {...common} placeholder={p.standard} value={text} onInput={(e) => change(e.currentTarget.value)} /></span>
        : <input {...common} placeholder={p.standard} value={text} onInput={(e) => change(e.currentTarget.value)} />}
    </label>
  );
}

const title = (op: string) => op.charAt(0).toUpperCase() + op.slice(1);
let last = 0;

export function Steps({ steps, known, change, wrong, why, most }: { steps: Picked[]; known: Operation[]; change: (s: Picked[]) => void; wrong: { step: number; field: string } | null; why: string; most: number }) {
  const [more, setMore] = useState<ReadonlySet<number>>(new Set());
  const set = (i: number, name: string, v: Value) => change(steps.map((s, k) => (k === i ? { ...s, values: { ...s.values, [name]: v } } : s)));
  const move = (i: number, by: number) => {
    const to = steps.slice();
    const [one] = to.splice(i, 1);
    to.splice(i + by, 0, one!);
    change(to);
  };
  return (
    <div class="steps">
      <ol>
        {steps.map((s, i) => {
          const spec = known.find((o) => o.op === s.op);
          if (!spec) return null;
          const open = more.has(s.key);
          // First what matters most: what is needed, what has a value, and the first two.
          const shown = open ? spec.params : spec.params.filter((p, k) => p.needed || k < 3 || s.values[p.name] !== undefined);
          return (
            <li key={s.key} class={wrong?.step === i ? "wrong" : ""}>
              <div class="row"><b class="grow" title={spec.hint}>{title(s.op)}</b>
                <button class="btn plain icon small" aria-label={`Move ${s.op} up`} disabled={i === 0} onClick={() => move(i, -1)}><Icon name="up" size={14} /></button>
                <button class="btn plain icon small" aria-label={`Move ${s.op} down`} disabled={i === steps.length - 1} onClick={() => move(i, 1)}><Icon name="down" size={14} /></button>
                <button class="btn plain icon small" aria-label={`Remove ${s.op}`} onClick={() => change(steps.filter((_, k) => k !== i))}><Icon name="close" size={14} /></button>
              </div>
              {shown.length > 0 && <div class="fields">{shown.map((p) => <Field key={p.name} p={p} value={s.values[p.name]} wrong={wrong?.step === i && wrong.field === p.name} change={(v) => set(i, p.name, v)} />)}</div>}
              {wrong?.step === i && <p class="bad">{why}</p>}
              {(open || shown.length < spec.params.length) && <button class="text-btn" onClick={() => { const next = new Set(more); if (!next.delete(s.key)) next.add(s.key); setMore(next); }}>{open ? "Less" : `${spec.params.length - shown.length} more`}</button>}
            </li>
          );
        })}
      </ol>
      <div class="pad row">
        <select class="input grow" aria-label="Add an operation" value="" disabled={steps.length >= most} onChange={(e) => { const op = e.currentTarget.value; e.currentTarget.value = ""; if (op) change([...steps, pick(op, ++last)]); }}>
          <option value="">{steps.length >= most ? `At most ${most} operations` : "Add an operation…"}</option>
          {known.map((o) => <option key={o.op} value={o.op}>{title(o.op)}: {o.hint}</option>)}
        </select>
      </div>
    </div>
  );
}
