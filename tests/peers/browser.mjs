// The main job from a page in a browser: browser.mjs NODE PAGE, where PAGE is the URL of a page of another origin.
// Prints what came of it as JSON. Chromium's own sandbox needs rights that root in a container does not have.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";

const [node, page_url, photo] = process.argv.slice(2);
const { chromium } = createRequire(`${process.env.DIP_PEERS}/package.json`)("playwright-core");
const browser = await chromium.launch({
  executablePath: ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync),
  chromiumSandbox: process.getuid() !== 0,
});
try {
  const page = await browser.newPage();
  await page.goto(page_url);
  const result = await page.evaluate(
    async ({ node, photo }) => {
      const bytes = Uint8Array.from(atob(photo), (c) => c.charCodeAt(0));
      const form = new FormData();
      form.append("file", new File([bytes], "cat \u{1F431}.png", { type: "image/png" }));
      let uploaded;
      try {
        uploaded = await fetch(`${node}/files`, { method: "POST", body: form });
      } catch (refused) {
        return { refused: String(refused) };
      }
      const file = await uploaded.json();
      const submitted = await fetch(`${node}/process-file`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "Idempotency-Key": "from-a-page" },
        body: JSON.stringify({
          file: file.url,
          operations: [{ op: "resize", width: 20 }],
          outputs: [{ name: "small", format: "webp" }],
        }),
      });
      const accepted = await submitted.json();
      const statuses = [];
      await new Promise((resolve, reject) => {
        const events = new EventSource(accepted.events_url);
        events.addEventListener("status", (e) => {
          const { status } = JSON.parse(e.data);
          statuses.push(status);
          if (["processed", "failed", "cancelled"].includes(status)) {
            events.close();
            resolve();
          }
        });
        // The stream ends after the final event; only one before it is a failure.
        events.onerror = () => events.readyState === EventSource.CLOSED && reject(new Error("the stream was refused"));
      });
      const record = await (await fetch(accepted.status_url)).json();
      const output = await fetch(record.outputs[0].url);
      const picture = await createImageBitmap(await output.blob());
      return {
        upload: uploaded.status,
        location: uploaded.headers.get("Location"),
        name: record.file_name,
        statuses,
        picture: [picture.width, picture.height],
        etag: output.headers.get("ETag"),
      };
    },
    { node, photo },
  );
  console.log(JSON.stringify(result));
} finally {
  await browser.close();
}
