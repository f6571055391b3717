// Line pictures of 16 units, drawn in the text's colour.
const paths = {
  overview: "M2 8h2.5M11.5 8H14M8 2v2.5M8 11.5V14M5.5 8a2.5 2.5 0 1 0 5 0 2.5 2.5 0 0 0-5 0",
  requests: "M3 3.5h10M3 8h10M3 12.5h6",
  queues: "M2.5 4.5 8 2l5.5 2.5L8 7zM2.5 8 8 10.5 13.5 8M2.5 11.5 8 14l5.5-2.5",
  actors: "M8 2.5v3M8 5.5H4v2.5M8 5.5h4V8M2.5 8h3v3h-3zM10.5 8h3v3h-3zM6.5 2h3",
  cluster: "M8 2.2 13 5v6l-5 2.8L3 11V5zM3 5l5 3 5-3M8 8v5.8",
  mail: "M2 4h12v8.5H2zM2 4.5l6 4.5 6-4.5",
  try: "M8 10.5V2.5M4.8 5.5 8 2.3l3.2 3.2M2.5 10.5v3h11v-3",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9M10.3 10.3 14 14",
  right: "m6 3.5 4.5 4.5L6 12.5",
  down: "m3.5 6 4.5 4.5L12.5 6",
  close: "m4 4 8 8M12 4l-8 8",
  check: "m3 8.5 3.2 3.2L13 4.8",
  alert: "M8 2.2 14.3 13.3H1.7zM8 6.3v3.2M8 11.4v.1",
  refresh: "M13.2 8a5.2 5.2 0 1 1-1.6-3.8M13.4 2.2v3h-3",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.2v9.6L12.5 8z",
  redo: "M3 9.5A5 5 0 1 0 5 5.2M2.6 2.8 3 6.2l3.4-.5",
  trash: "M3 4.5h10M6.2 4.5v-2h3.6v2M4.2 4.5l.7 9h6.2l.7-9",
  sun: "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6M8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.8.8M11.8 11.8l.8.8M3.4 12.6l.8-.8M11.8 4.2l.8-.8",
  moon: "M13 9.6A5.6 5.6 0 0 1 6.4 3 5.6 5.6 0 1 0 13 9.6",
  auto: "M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11",
  keyboard: "M1.8 4h12.4v8.2H1.8zM4.3 6.7h.1M7 6.7h.1M9.7 6.7h.1M12 6.7h.1M5 9.6h6",
  key: "M9.8 9.2a3.4 3.4 0 1 0-3-3L2 11v3h3v-2h2v-2z",
  image: "M2 3h12v10H2zM2 11l3.5-3.5 3 3L11 8l3 3M5.4 5.7h.1",
  plus: "M8 3v10M3 8h10",
  up: "m3.5 10 4.5-4.5 4.5 4.5",
  unplug: "M8 13.8A5.8 5.8 0 1 0 8 2.2a5.8 5.8 0 0 0 0 11.6M3.9 3.9l8.2 8.2",
  arrow: "M2.5 8h11M9.5 4l4 4-4 4",
  inbox: "M2 9l2-6h8l2 6v4H2zM2 9h3.5l1 2h3l1-2H14",
  sort: "M8 3v10M4.5 9.5 8 13l3.5-3.5",
} as const;
export type IconName = keyof typeof paths;

export function Icon({ name, size = 16, spin }: { name: IconName; size?: number; spin?: boolean }) {
  return (
    <svg class={spin ? "spin" : undefined} style={{ width: `${size / 14}rem`, height: `${size / 14}rem` }} viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
