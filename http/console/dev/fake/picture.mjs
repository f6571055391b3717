// Pictures: a landscape from a number, as PNG.
import { crc32, deflateSync } from "node:zlib";
import { dice } from "./random.mjs";

// zlib.crc32 came with Node 20.15.
function chunk(type, data) {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, "latin1");
  data.copy(out, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

export function png(width, height, at) {
  const raw = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0, o = 0; y < height; ++y) {
    raw[o++] = 0;
    for (let x = 0; x < width; ++x) {
      const [r, g, b] = at(x / width, y / height);
      raw[o++] = r;
      raw[o++] = g;
      raw[o++] = b;
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head), chunk("IDAT", deflateSync(raw)), chunk("IEND", Buffer.alloc(0))]);
}

export function landscape(seed, width, height, grey = false) {
  const d = dice(seed);
  const sky = [d.int(90, 160), d.int(130, 190), d.int(190, 240)];
  const low = [d.int(220, 255), d.int(170, 220), d.int(130, 190)];
  const hills = Array.from({ length: 4 }, (_, i) => ({ y: 0.45 + i * 0.14, a: 0.03 + d.next() * 0.06, f: 2 + d.next() * 6, p: d.next() * 6, c: [30 + i * 8 + d.int(0, 30), 110 - i * 18 + d.int(0, 20), 110 - i * 24] }));
  const sun = [0.2 + d.next() * 0.6, 0.18 + d.next() * 0.15, 0.05 + d.next() * 0.04];
  const ratio = width / height;
  return png(width, height, (x, y) => {
    let c = sky.map((s, i) => s + (low[i] - s) * Math.min(1, y * 1.9));
    if (((x - sun[0]) * ratio) ** 2 + (y - sun[1]) ** 2 < sun[2] ** 2) c = [255, 240, 205];
    for (const h of hills) if (y > h.y + h.a * Math.sin(x * h.f + h.p) + h.a * 0.4 * Math.sin(x * h.f * 2.7)) c = h.c;
    if (!grey) return c;
    const l = 0.3 * c[0] + 0.59 * c[1] + 0.11 * c[2];
    return [l, l, l];
  });
}
