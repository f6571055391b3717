import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

// DIP_CONSOLE_URL: the address of a console to test, such as http://127.0.0.1:8080/console/, with DIP_ADMIN_TOKEN where it needs one.
// Without it a stand-in is started, below a prefix as behind a reverse proxy, and what only it can show is tested as well.
// DIP_CONSOLE_SHOTS: where screenshots are kept. DIP_CONSOLE_CONTROL: who makes the cluster go wrong when a test wishes it (tests/console).
// DIP_CONSOLE_MANY: how many dead letters, or actors, there are (tests/console/many.py).
const real = process.env.DIP_CONSOLE_URL;
const port = process.env.DIP_CONSOLE_PORT ?? "8191";

export default defineConfig({
  testDir: "tests/browser",
  testIgnore: [...(real ? ["**/planted/**"] : []), ...(process.env.DIP_CONSOLE_CONTROL ? [] : ["**/cluster/**"]), ...(process.env.DIP_CONSOLE_MANY ? [] : ["**/many/**"])],
  outputDir: "test-results",
  workers: 1,
  timeout: real ? 180_000 : 60_000,
  expect: { timeout: real ? 30_000 : 10_000 },
  reporter: [["list"]],
  use: {
    baseURL: real ?? `http://127.0.0.1:${port}/some/prefix/console/`,
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync),
      // Chromium's own sandbox needs rights that root in a container does not have.
      chromiumSandbox: process.getuid?.() !== 0,
    },
  },
  ...(real ? {} : { webServer: { command: `node dev/serve.mjs --still --port ${port} --prefix /some/prefix`, url: `http://127.0.0.1:${port}/some/prefix/console/`, reuseExistingServer: false } }),
});
