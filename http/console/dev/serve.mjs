// A stand-in for a cluster: the console from dist/ and the API that it calls, made up but lively. For development and for the
// tests of the console alone; a node has nothing of it.
//   node dev/serve.mjs [--port N] [--prefix /some/where] [--token T] [--scene busy|empty|crowd] [--still]
//   node dev/serve.mjs --node http://127.0.0.1:8080 [--port N]: the console from dist/ before a real node, nothing made up.
// --still plants no faults that come and go by themselves. POST /fake {…} changes what is made up while it runs: scene, down,
// destructive, token, silent.
import { createReadStream, existsSync } from "node:fs";
import { createServer, request } from "node:http";
import { extname, join } from "node:path";
import { parseArgs } from "node:util";
import { Fake } from "./fake/fake.mjs";
import { answer } from "./fake/routes.mjs";

const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "8090" },
    prefix: { type: "string", default: "" },
    token: { type: "string", default: "" },
    scene: { type: "string", default: "busy" },
    still: { type: "boolean", default: false },
    node: { type: "string", default: "" },
  },
});
const dist = new URL("../dist/", import.meta.url).pathname;
const fake = options.node ? null : new Fake(options);
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml" };
// As http/console_routes.cpp has it.
const policy = "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

function serveFile(path, to) {
  const file = join(dist, path || "index.html");
  if (!file.startsWith(dist) || !existsSync(file)) return to.writeHead(404).end();
  to.writeHead(200, { "Content-Type": types[extname(file)] ?? "application/octet-stream", "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache" });
  createReadStream(file).pipe(to);
}

// As if the node itself had been asked: also when it is not there.
function pass(from, to) {
  const there = new URL(from.url, options.node);
  const asked = request(there, { method: from.method, headers: { ...from.headers, host: there.host } }, (said) => {
    to.writeHead(said.statusCode, said.headers);
    said.pipe(to).on("close", () => asked.destroy());
    said.on("error", () => to.destroy());
  });
  asked.on("error", () => from.socket.destroy());
  from.pipe(asked);
}

const server = createServer((from, to) => {
  if (options.node) return from.url.startsWith("/console/") ? serveFile(new URL(from.url, "http://x").pathname.slice(9), to) : pass(from, to);
  if (fake.silent && !from.url.startsWith("/fake")) return from.socket.destroy();
  const url = new URL(from.url, "http://x");
  if (url.pathname.startsWith("/fake")) return answer(fake, from, to, url, url.pathname);
  if (!url.pathname.startsWith(options.prefix)) return to.writeHead(404).end();
  const path = url.pathname.slice(options.prefix.length);
  if (path === "/console") return to.writeHead(308, { Location: "console/" }).end();
  if (path.startsWith("/console/")) return serveFile(path.slice(9), to);
  answer(fake, from, to, url, path);
});
if (fake) fake.onSilent = () => server.closeAllConnections();
server.listen(Number(options.port), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}${options.prefix}/console/`));
