// What the overview's picture says of the pipeline.
import type { Overview, Queue, Stage, Topic } from "./types";

export interface Step {
  title: string;
  topic: Topic | null;
  queue: Queue | null;
  stage: Stage | null;
  clears_ms: number | null; // how long what waits will take at the present pace; null: it is not moving, or paused
  share: number; // of its workers that are at work
}

const titles: Record<string, string> = { preprocess: "Preprocess", process: "Process", notify: "Notify" };

// The queues come in the pipeline's order, and so do the stages.
export function stepsOf(o: Overview): Step[] {
  return o.stages.map((stage, i) => {
    const queue = o.queues[i] ?? null;
    const topic = o.topics.find((t) => t.name === queue?.topic) ?? o.topics[i] ?? null;
    const waiting = queue?.visible ?? 0;
    const pace = queue?.out_rate ?? stage.rate;
    return {
      title: titles[stage.name] ?? stage.name,
      topic,
      queue,
      stage,
      clears_ms: waiting === 0 ? 0 : pace > 0 && !queue?.paused ? (waiting / pace) * 1000 : null,
      share: stage.workers > 0 ? stage.busy / stage.workers : 0,
    };
  });
}

// The step that holds the others up: where nothing moves though something waits, else where what waits takes longest, if that is
// long enough to be felt; else none. Paused is someone's wish and comes before all.
export function slowest(steps: Step[], felt_ms = 2_000): number | null {
  let worst: number | null = null;
  let most = felt_ms;
  steps.forEach((s, i) => {
    if (!s.queue || s.queue.visible === 0) return;
    const weight = s.queue.paused ? Infinity : (s.clears_ms ?? Number.MAX_VALUE);
    if (weight > most) {
      most = weight;
      worst = i;
    }
  });
  return worst;
}
