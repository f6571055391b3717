// Which rows of a long list are worth drawing.

export interface Window { first: number; last: number; before: number; after: number }

// `last` is one past the end. `before` and `after` are the pixels that the rows left out would take.
export function visibleRows(total: number, rowHeight: number, scrollTop: number, height: number, spare = 8): Window {
  const fits = Math.ceil(Math.max(0, height) / rowHeight);
  const top = Math.min(Math.max(0, Math.floor(scrollTop / rowHeight)), Math.max(0, total - fits));
  const first = Math.max(0, top - spare);
  const last = Math.min(total, top + fits + spare);
  return { first, last, before: first * rowHeight, after: (total - last) * rowHeight };
}

// How far to scroll so that a row is seen whole; where it is already, not at all.
export function scrollTo(row: number, rowHeight: number, scrollTop: number, height: number): number {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  if (top + rowHeight > scrollTop + height) return top + rowHeight - height;
  return scrollTop;
}
