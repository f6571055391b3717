// The last minutes of some figures, a value each second, for the charts: a ring, so that a console that is open for weeks stays small.

export class History {
  private readonly rows: Float64Array[];
  private start = 0;
  size = 0;

  constructor(readonly columns: string[], readonly capacity = 600) {
    this.rows = columns.map(() => new Float64Array(capacity));
  }

  // A row that is no newer than the last replaces it: after a reconnect the same second may come twice.
  push(values: Record<string, number>) {
    const time = this.columns[0]!;
    const last = this.size ? this.at(0, this.size - 1) : -Infinity;
    if (values[time]! <= last) return;
    const slot = (this.start + this.size) % this.capacity;
    this.columns.forEach((name, i) => {
      this.rows[i]![slot] = values[name] ?? NaN;
    });
    if (this.size < this.capacity) ++this.size;
    else this.start = (this.start + 1) % this.capacity;
  }

  private at(column: number, index: number): number {
    return this.rows[column]![(this.start + index) % this.capacity]!;
  }

  // Oldest first; NaN where nothing is known.
  column(name: string, most = this.capacity): number[] {
    const i = this.columns.indexOf(name);
    const from = Math.max(0, this.size - most);
    const out: number[] = [];
    for (let k = from; k < this.size; ++k) out.push(this.at(i, k));
    return out;
  }
}
