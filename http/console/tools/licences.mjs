// dist/licences.txt: whose work is in the console, and on what terms, out of what was built in.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const root = new URL("../", import.meta.url);
const read = (path) => readFileSync(new URL(path, root), "utf8");
const wanted = Object.keys(JSON.parse(read("package.json")).dependencies);
const parts = [];
// The list grows while it is walked: what is needed by what is needed is built in as well.
for (const name of wanted) {
  const folder = `node_modules/${name}/`;
  const about = JSON.parse(read(`${folder}package.json`));
  const file = readdirSync(new URL(folder, root)).find((f) => /^licen[cs]e/i.test(f));
  if (!file) throw new Error(`${name} has no licence beside it`);
  parts.push(`${name} ${about.version} (${about.license})\n\n${read(folder + file).trim()}\n`);
  for (const more of Object.keys(about.dependencies ?? {})) if (!wanted.includes(more)) wanted.push(more);
}
writeFileSync(new URL("dist/licences.txt", root), `The console is part of DIP, under the Apache License 2.0. It contains:\n\n${parts.join(`\n${"-".repeat(72)}\n\n`)}`);
