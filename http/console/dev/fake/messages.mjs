import { dice, ulid } from "./random.mjs";

const faults = {
  invalid_image: "the JPEG ends in the middle of a scan",
  timeout: "no answer in 30 s",
  worker_crashed: "dip-codec ended by signal 11",
  too_many_pixels: "61.4 megapixels, at most 50 are taken",
  internal: "the mail server refused: 421 4.3.2 service not available",
  not_found: "the watermark is gone",
};
const kinds = ["preprocess", "process", "email"];

export function deadLetters(fake, stage, n) {
  const d = dice(100 + stage);
  const codes = stage === 2 ? ["internal"] : ["invalid_image", "timeout", "timeout", "timeout", "worker_crashed", "too_many_pixels", "not_found"];
  return Array.from({ length: n }, (_, i) => {
    const code = d.pick(codes);
    const dead = Date.now() - d.int(20_000, 36_000_000) - i;
    const tries = code === "invalid_image" || code === "too_many_pixels" ? 1 : d.int(3, 5);
    const partition = d.int(0, 7);
    return {
      id: `${partition}-${4000 + i}`, request: ulid(dead - 90_000, d), run: 1, kind: kinds[stage], partition, state: "dead", enqueued_at: new Date(dead - 90_000).toISOString(), visible_at: new Date(dead - 20_000).toISOString(),
      age_ms: Date.now() - dead + 90_000, acquired: tries, failed: tries, lease: null, dead_at: new Date(dead).toISOString(), error: { code, detail: faults[code] },
      attempts: Array.from({ length: tries }, (_, k) => ({ at: new Date(dead - (tries - k) * 14_000).toISOString(), node: `n${d.int(1, 3)}`, code, detail: faults[code], counted: true })),
    };
  }).sort((a, b) => a.partition - b.partition || Number(a.id.split("-")[1]) - Number(b.id.split("-")[1]));
}

export function waitingMessage(fake, stage, partition, k, state) {
  const d = dice(partition * 7919 + k * 31 + stage);
  const at = Date.now() - (k + 1) * 180 - d.int(0, 170);
  const known = fake.requests.list[(partition * 13 + k) % Math.max(1, fake.requests.list.length)];
  return {
    id: `${partition}-${9000 + k}`, request: known?.id ?? ulid(at, d), run: 1, kind: kinds[stage], partition, state, enqueued_at: new Date(at).toISOString(), visible_at: new Date(state === "delayed" ? Date.now() + d.int(4_000, 500_000) : at).toISOString(), age_ms: Date.now() - at,
    acquired: state === "visible" ? 0 : 1, failed: state === "delayed" ? d.int(1, 6) : 0, lease: state === "in_flight" ? { node: `n${(partition % 3) + 1}#${ulid(fake.started, d)}`, since: new Date(at + 90).toISOString() } : null, dead_at: null,
    error: state === "delayed" ? { code: "internal", detail: "451 4.7.1 greylisted, try again later" } : null,
    attempts: state === "delayed" ? [{ at: new Date(at).toISOString(), node: "n1", code: "internal", detail: "451 4.7.1 greylisted, try again later", counted: true }] : [],
  };
}
