// A line over the last minutes.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { history, overview } from "../lib/live";
import { paint } from "../lib/theme";

export interface Series { column: string; label: string; tone: "accent" | "text" | "faint" | "good" | "warn" }

const span_s = 300;

// It begins with a minute and grows: five empty minutes would say nothing.
function shown(end: number): number {
  const first = history.column("t", span_s)[0] ?? end;
  return Math.min(span_s, Math.max(60, end - first));
}

// A colour as the page has it now: canvases know nothing of custom properties.
function colour(of: Element, name: string): string {
  const probe = document.createElement("i");
  probe.style.color = `var(--${name})`;
  of.append(probe);
  const out = getComputedStyle(probe).color;
  probe.remove();
  return out;
}
const tones = { accent: "accent", text: "text-2", faint: "text-3", good: "good", warn: "warn" };

export function Chart({ label, series, format, height = 130 }: { label: string; series: Series[]; format: (n: number) => string; height?: number }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const painted = paint.value;
  // Where there is room below for more than all of the page.
  const tall = () => (height * parseFloat(getComputedStyle(document.documentElement).fontSize)) / 14 * (innerHeight > 1300 ? 1.7 : 1);

  const data = (): uPlot.AlignedData => [history.column("t", span_s), ...series.map((s) => history.column(s.column, span_s))];

  useEffect(() => {
    const el = box.current!;
    const size = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const faint = colour(el, "text-3");
    const line = colour(el, "line");
    const font = `${size * 0.8}px system-ui, sans-serif`;
    const axis = { stroke: faint, font, ticks: { show: false }, grid: { stroke: line, width: 1 } };
    const made = new uPlot(
      {
        width: Math.max(100, el.clientWidth),
        height: tall(),
        cursor: { y: false, points: { size: 6 } },
        legend: { show: false },
        padding: [8, size * 1.9, 0, 0],
        scales: {
          x: { range: () => { const t = overview.peek(); const end = t ? Date.parse(t.at) / 1000 : Date.now() / 1000; return [end - shown(end), end]; } },
          y: { range: (_u, _min, max) => [0, Number.isFinite(max) && max > 0 ? max * 1.15 : 1] },
        },
        axes: [
          { ...axis, grid: { show: false }, size: size * 1.7, space: size * 6, values: (_u, at, _i, _s, step) => at.map((t) => new Date(t * 1000).toTimeString().slice(0, step < 60 ? 8 : 5)), incrs: [15, 30, 60, 120, 300] },
          { ...axis, size: size * 4.1, space: size * 2.4, values: (_u, at) => at.map(format) },
        ],
        series: [{}, ...series.map((s, i) => {
          const stroke = colour(el, tones[s.tone]);
          const fill = i === 0 ? stroke.replace(/^rgb\((.*)\)$/, "rgba($1, 0.09)") : undefined;
          return { label: s.label, stroke, width: 1.6, points: { show: false }, ...(fill ? { fill } : {}) };
        })],
        hooks: { setCursor: [(u) => {
          const at = u.cursor.idx;
          el.nextElementSibling!.textContent = at == null ? "" : [new Date(u.data[0][at]! * 1000).toTimeString().slice(0, 8), ...series.map((s, i) => `${s.label} ${format(u.data[i + 1]![at] as number)}`)].join("  ·  ");
        }] },
      },
      data(),
      el,
    );
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: Math.max(100, el.clientWidth), height: tall() }));
    watch.observe(el);
    return () => {
      watch.disconnect();
      made.destroy();
    };
  }, [painted, height]);

  const o = overview.value;
  useEffect(() => plot.current?.setData(data()), [o]);
  return (
    <figure class="chart" role="img" aria-label={label}>
      <div ref={box} class="chart-box" />
      <figcaption class="chart-at" aria-hidden="true" />
    </figure>
  );
}

// The same without axes, as wide as a word.
export function Spark({ values, label }: { values: number[]; label: string }) {
  const known = values.filter((v) => !Number.isNaN(v));
  const most = Math.max(1e-9, ...known);
  const points = values.map((v, i) => `${(i / Math.max(1, values.length - 1)) * 100},${22 - (Number.isNaN(v) ? 0 : v / most) * 20}`);
  return (
    <svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label={label}>
      {values.length > 1 && <path d={`M0,24 L${points.join(" L")} L100,24 Z`} class="spark-fill" />}
      {values.length > 1 && <path d={`M${points.join(" L")}`} class="spark-line" vector-effect="non-scaling-stroke" />}
    </svg>
  );
}
