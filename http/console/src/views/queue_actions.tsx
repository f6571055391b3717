// What an operator can do to a queue. Each says what it will do to how much before it does it.
import { post, remove } from "../lib/api";
import { count, plural } from "../lib/format";
import type { Message, Queue } from "../lib/types";
import { ask } from "../ui/ask";

interface Redriven { redriven: number; refused: { id: string; code: string; detail: string }[] }

const at = (queue: string) => `/queues/${encodeURIComponent(queue)}`;

export function askPause(q: Queue, again: () => void) {
  const verb = q.paused ? "resume" : "pause";
  ask({
    title: q.paused ? `Resume ${q.name}` : `Pause ${q.name}`,
    text: q.paused
      ? <>Workers take messages again: {plural(q.visible, "message")} are waiting.</>
      : <>Workers stop taking messages from it; {plural(q.in_flight, "message")} in flight are finished. What is published goes on to wait: {count(Math.round(q.in_rate * 60))} a minute at the present pace. It stays paused, also when nodes start again, until somebody resumes it.</>,
    confirm: q.paused ? "Resume" : "Pause",
    act: async () => {
      await post(`${at(q.name)}/${verb}`);
      again();
      return q.paused ? `${q.name} goes on` : `${q.name} is paused`;
    },
  });
}

function told(done: Redriven): string {
  const first = done.refused[0];
  const back = `${plural(done.redriven, "message")} back to work`;
  return first ? `${back}; ${count(done.refused.length)} refused: ${first.detail}` : back;
}

// `which` is what the API takes: ids, an error, or nothing for all.
export function askRedrive(queue: string, how: { which: { ids?: string[]; error?: string }; n: number; more?: boolean }, again: () => void) {
  const { which, n, more } = how;
  const amount = more ? `more than ${plural(n, "dead letter")}` : plural(n, "dead letter");
  const title = which.ids ? `Redrive ${amount}` : which.error ? `Redrive ${amount} with ${which.error}` : `Redrive all ${amount}`;
  ask({
    title,
    text: <>They go back to {queue}, and their requests begin a new run. What failed for a lasting reason will fail again.</>,
    confirm: "Redrive",
    act: async () => {
      const done = await post<Redriven>(`${at(queue)}/redrive`, which);
      again();
      return told(done);
    },
  });
}

export function askDiscard(queue: string, messages: Message[], again: () => void) {
  ask({
    title: `Discard ${plural(messages.length, "dead letter")}`,
    danger: true,
    reason: "Reason, for the audit",
    text: <>Gone for good: {messages.length === 1 ? "its request stays failed, and its input" : "their requests stay failed, and their inputs"} may be removed. This cannot be taken back.</>,
    confirm: "Discard",
    act: async (reason) => {
      let done = 0;
      try {
        for (const m of messages) {
          await remove(`${at(queue)}/dead-letters/${encodeURIComponent(m.id)}`, { reason });
          ++done;
        }
      } catch (e) {
        // Some may be gone already: what is shown must say so.
        if (done) again();
        throw e;
      }
      again();
      return `${plural(done, "dead letter")} discarded`;
    },
  });
}
