// The operations and formats that a node has, out of its own description (GET /openapi.json), and a form's values as a recipe.

interface Schema {
  type?: string;
  $ref?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  default?: unknown;
  description?: string;
  required?: string[];
  properties?: Record<string, Schema>;
  discriminator?: { mapping: Record<string, string> };
}
export interface Description { components: { schemas: Record<string, Schema> }; "x-limits"?: Record<string, number> }

export type Value = string | boolean;
export interface Param {
  name: string;
  kind: "integer" | "number" | "choice" | "colour" | "text" | "flag";
  hint: string;
  needed: boolean;
  standard: string; // what the node takes where nothing is said; for showing
  min?: number;
  max?: number;
  choices?: string[];
}
export interface Operation { op: string; hint: string; params: Param[] }

// What a new step begins with where the node has no value of its own: enough for it to do something.
const beginnings: Record<string, Record<string, string>> = {
  resize: { width: "800" }, crop: { width: "400", height: "300" }, rotate: { angle: "90" }, tint: { color: "#4f5bd5" }, contrast: { amount: "1.3" },
  clahe: { width: "64", height: "64" }, round: { radius: "40" }, text: { text: "DIP" }, extend: { top: "20", right: "20", bottom: "20", left: "20" },
  modulate: { saturation: "1.4" }, blur: { sigma: "4" },
};

function paramOf(name: string, s: Schema, needed: boolean): Param {
  const kind = s.enum ? "choice" : s.$ref?.endsWith("/Colour") ? "colour" : s.type === "boolean" ? "flag" : s.type === "integer" ? "integer" : s.type === "number" ? "number" : "text";
  return {
    name, kind, needed, hint: s.description ?? "", standard: s.default === undefined ? "" : String(s.default),
    ...(s.minimum !== undefined ? { min: s.minimum } : {}), ...(s.maximum !== undefined ? { max: s.maximum } : {}), ...(s.enum ? { choices: s.enum } : {}),
  };
}

export function operationsOf(d: Description): Operation[] {
  const all = d.components.schemas;
  return Object.entries(all.Operation?.discriminator?.mapping ?? {}).map(([op, ref]) => {
    const s = all[ref.slice(ref.lastIndexOf("/") + 1)] ?? {};
    return { op, hint: s.description ?? "", params: Object.entries(s.properties ?? {}).filter(([name]) => name !== "op").map(([name, p]) => paramOf(name, p, s.required?.includes(name) ?? false)) };
  });
}

export const formatsOf = (d: Description): string[] => d.components.schemas.Output?.properties?.format?.enum ?? [];

export interface Picked { key: number; op: string; values: Record<string, Value> }
export const pick = (op: string, key: number): Picked => ({ key, op, values: { ...beginnings[op] } });

// As POST /process-file takes them. What was left empty is left out, and the node's own value holds.
export function recipe(picked: Picked[], known: Operation[]): Record<string, unknown>[] {
  return picked.map((p) => {
    const out: Record<string, unknown> = { op: p.op };
    for (const spec of known.find((o) => o.op === p.op)?.params ?? []) {
      const value = p.values[spec.name];
      if (value === undefined || value === "") continue;
      out[spec.name] = spec.kind === "integer" || spec.kind === "number" ? Number(value) : value;
    }
    return out;
  });
}

// "/operations/1/sigma" → the step and the field that the node found wrong.
export function whereOf(pointer: string): { step: number; field: string } | null {
  const m = /^\/operations\/(\d+)(?:\/([^/]+))?/.exec(pointer);
  return m ? { step: Number(m[1]), field: m[2] ?? "" } : null;
}
