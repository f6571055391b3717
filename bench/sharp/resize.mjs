// sharp's own benchmark: a JPEG to 720 pixels wide, quality 80, one thread. Each line on stdin is one image; each line on
// stdout the milliseconds of CPU that it took. Run in the folder that scripts/setup --bench made, with the JPEG's path.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const sharp = createRequire(`${process.cwd()}/`)('sharp');
sharp.concurrency(1);
sharp.cache(false);
const input = readFileSync(process.argv[2]);
console.log(`sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}`);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'end') break;
  const before = process.cpuUsage();
  await sharp(input).resize(720).jpeg({ quality: 80 }).toBuffer();
  const used = process.cpuUsage(before);
  console.log((used.user + used.system) / 1000);
}
