// A table of any length: rows of one height, of which only those in sight exist. Arrow keys move, Enter opens.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { scrollTo, visibleRows } from "../lib/virtual";
import { Icon } from "./icons";

export interface Column<T> {
  name: string;
  head: ComponentChildren;
  width: string; // of a CSS grid
  num?: boolean;
  sort?: string;
  cell: (row: T, index: number) => ComponentChildren;
}

export interface RowsProps<T> {
  label: string;
  rows: T[];
  columns: Column<T>[];
  id: (row: T) => string;
  open?: (row: T) => void;
  selected?: string | null;
  sort?: { by: string; pick: (by: string) => void };
  height?: string; // of the part that scrolls, at most
  foot?: ComponentChildren;
  error?: Error | null; // why what is shown may not be the newest
  onEnd?: (() => void) | null; // the last row is in sight
  onTop?: (atTop: boolean) => void;
  onKey?: (row: T, key: string) => boolean;
}

const rootSize = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

export function Rows<T>(props: RowsProps<T>) {
  const { rows, columns, id } = props;
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600, row: 35, head: 31.5 });
  const [at, setAt] = useState<string | null>(null);

  useLayoutEffect(() => {
    const el = box.current!;
    const measure = () => {
      const size = rootSize();
      setView((v) => ({ ...v, height: el.clientHeight, row: size * 2.5, head: size * 2.25 }));
    };
    const watch = new ResizeObserver(measure);
    watch.observe(el);
    measure();
    return () => watch.disconnect();
  }, []);

  const w = visibleRows(rows.length, view.row, view.top, view.height - view.head);
  useEffect(() => {
    if (props.onEnd && rows.length > 0 && w.last >= rows.length) props.onEnd();
  }, [w.last, rows.length, props.onEnd]);

  const move = (to: number) => {
    const i = Math.max(0, Math.min(rows.length - 1, to));
    const row = rows[i];
    if (!row) return;
    setAt(id(row));
    const el = box.current!;
    el.scrollTop = scrollTo(i, view.row, el.scrollTop, view.height - view.head);
  };
  const onKeyDown = (e: KeyboardEvent) => {
    if (e.target !== box.current) return;
    const i = rows.findIndex((r) => id(r) === at);
    const page = Math.max(1, Math.floor((view.height - view.head) / view.row) - 1);
    const steps: Record<string, number> = { ArrowDown: i + 1, j: i + 1, ArrowUp: i - 1, k: i - 1, PageDown: i + page, PageUp: i - page, Home: 0, End: rows.length - 1 };
    if (e.metaKey || e.ctrlKey || e.altKey) return;
    if (e.key in steps) {
      move(i < 0 && e.key !== "End" ? 0 : steps[e.key]!);
      e.preventDefault();
    } else if (i >= 0 && e.key === "Enter" && props.open) {
      props.open(rows[i]!);
      e.preventDefault();
    } else if (i >= 0 && props.onKey?.(rows[i]!, e.key)) {
      e.preventDefault();
    }
  };

  const grid = { gridTemplateColumns: columns.map((c) => c.width).join(" ") };
  const full = `calc(${rows.length} * 2.5rem + 2.25rem + 1px)`;
  const here = rows.findIndex((r) => id(r) === at);
  return (
    <div class="vt">
      <div ref={box} class="vt-scroll" tabIndex={0} role="grid" aria-label={props.label} aria-rowcount={rows.length + 1} aria-activedescendant={here >= w.first && here < w.last ? `row-${at}` : undefined}
        style={{ height: `min(${full}, ${props.height ?? "calc(100dvh - 15rem)"})` }} onScroll={(e) => { const top = e.currentTarget.scrollTop; setView((v) => ({ ...v, top })); props.onTop?.(top < 1); }} onKeyDown={onKeyDown}>
        <div class="vt-in" role="presentation">
          <div class="vt-head" role="row" aria-rowindex={1} style={grid}>
            {columns.map((c) => (
              <div key={c.name} role="columnheader" class={`vt-cell ${c.num ? "num" : ""}`} aria-sort={props.sort && c.sort === props.sort.by ? (c.num ? "descending" : "ascending") : undefined}>
                {c.sort && props.sort ? (
                  <button type="button" aria-pressed={c.sort === props.sort.by} onClick={() => props.sort!.pick(c.sort!)}>
                    {c.head}{c.sort === props.sort.by && <Icon name="sort" size={12} />}
                  </button>
                ) : c.head}
              </div>
            ))}
          </div>
          <div role="presentation" style={{ height: `${w.before}px` }} />
          {rows.slice(w.first, w.last).map((row, k) => {
            const key = id(row);
            return (
              <div key={key} id={`row-${key}`} role="row" aria-rowindex={w.first + k + 2} aria-selected={key === at || key === props.selected} class={`vt-row ${props.open ? "link" : ""} ${key === at || key === props.selected ? "at" : ""}`} style={grid}
                onClick={(e) => { if (props.open && !(e.target as Element).closest("a, button, input, label")) { setAt(key); props.open(row); } }}>
                {columns.map((c) => <div key={c.name} role="gridcell" class={`vt-cell ${c.num ? "num" : ""}`}>{c.cell(row, w.first + k)}</div>)}
              </div>
            );
          })}
          <div role="presentation" style={{ height: `${w.after}px` }} />
        </div>
      </div>
      {props.foot && <div class="vt-foot">{props.foot}{props.error && <span class="bad" role="status">{props.error.message}</span>}</div>}
    </div>
  );
}
