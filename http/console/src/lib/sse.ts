// Server-Sent Events out of a fetch: EventSource cannot send the admin token.

export interface ServerEvent { event: string; data: string; id: string }

// Takes the stream's text in pieces of any size and gives whole events (HTML, section 9.2.6).
export class EventParser {
  private rest = "";
  private event = "";
  private data: string[] = [];
  private id = "";

  feed(piece: string): ServerEvent[] {
    const out: ServerEvent[] = [];
    this.rest += piece;
    for (;;) {
      const end = this.rest.search(/[\r\n]/);
      // A \r at the very end may be half of \r\n.
      if (end < 0 || (this.rest[end] === "\r" && end === this.rest.length - 1)) return out;
      const line = this.rest.slice(0, end);
      this.rest = this.rest.slice(end + (this.rest.startsWith("\r\n", end) ? 2 : 1));
      if (line === "") {
        if (this.data.length) out.push({ event: this.event || "message", data: this.data.join("\n"), id: this.id });
        this.event = "";
        this.data = [];
      } else {
        this.field(line);
      }
    }
  }

  private field(line: string) {
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.event = value;
    else if (name === "data") this.data.push(value);
    else if (name === "id" && !value.includes("\0")) this.id = value;
  }
}

// Until the stream ends. `alive` is called for every piece, also for the comments that only keep it open.
export async function readEvents(
  body: ReadableStream<Uint8Array>, take: (e: ServerEvent) => void, alive: () => void = () => {},
): Promise<void> {
  const parser = new EventParser();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    alive();
    for (const e of parser.feed(decoder.decode(value, { stream: true }))) take(e);
  }
}

// How long to wait before the nth try again: from half a second to fifteen, a third of it by chance, so that the consoles of
// a cluster do not all come back at once.
export function backoff(tries: number, chance: number = Math.random()): number {
  const most = Math.min(15_000, 500 * 2 ** Math.max(0, tries));
  return Math.round(most * (2 / 3 + chance / 3));
}
