// Chance that is the same every time.
export function dice(seed) {
  let a = seed >>> 0;
  const next = () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    int: (from, to) => from + Math.floor(next() * (to - from + 1)),
    pick: (list) => list[Math.floor(next() * list.length)],
    poisson(mean) {
      if (mean > 30) return Math.max(0, Math.round(mean + (next() + next() + next() - 1.5) * Math.sqrt(mean) * 1.6));
      let n = 0;
      for (let p = next(); p > Math.exp(-mean); p *= next()) ++n;
      return n;
    },
    // Right-skewed, as times are.
    time: (typical) => typical * Math.exp((next() + next() + next() - 1.5) * 0.9),
  };
}

const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
export function ulid(at, d) {
  let head = "";
  for (let n = at, i = 0; i < 10; ++i, n = Math.floor(n / 32)) head = digits[n % 32] + head;
  let tail = "";
  for (let i = 0; i < 16; ++i) tail += digits[d.int(0, 31)];
  return head + tail;
}
