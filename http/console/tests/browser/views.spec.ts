// Every view, as it is on any cluster.
import { api, expect, expectUsable, keep, open, test } from "./support";

const places = ["", "requests", "queues", "queues/rtp-preprocess-ok-queue", "queues/rtp-preprocess-ok-queue?tab=dead", "queues/rtp-preprocess-ok-queue?tab=partitions", "actors", "actors?show=table", "cluster", "cluster?tab=audit", "mail", "mail?tab=suppressed", "try"];
const name = (place: string) => (place || "overview").replace(/[^a-z]+/g, "-");

for (const scheme of ["light", "dark"] as const) {
  test.describe(scheme, () => {
    test.use({ colorScheme: scheme });
    for (const [width, height] of [[360, 780], [1280, 860], [2560, 1440], [3840, 2160]] as const) {
      test(`every view fits ${width} pixels, ${scheme}`, async ({ page }, info) => {
        test.setTimeout(120_000);
        await page.setViewportSize({ width, height });
        for (const place of places) {
          await open(page, place);
          await keep(page, info, `${name(place)}-${width}-${scheme}`);
          expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), place).toBe(0);
          // Each width once, and each scheme.
          if (width === (scheme === "light" ? 1280 : 360)) await expectUsable(page);
        }
      });
    }
  });
}

test("the page brings a policy that lets nothing in from elsewhere", async ({ page }) => {
  const answer = await page.goto("./");
  const policy = answer!.headers()["content-security-policy"]!;
  expect(policy).toContain("default-src 'self'");
  expect(policy).not.toContain("unsafe");
  expect(answer!.headers()["x-content-type-options"]).toBe("nosniff");
});

test("all views are reached by keys alone", async ({ page }) => {
  await open(page, "");
  await page.keyboard.press("Tab");
  await expect(page.getByText("Skip to the content")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("#main")).toBeFocused();
  for (const [key, title] of [["r", "Requests"], ["q", "Queues"], ["a", "Actors"], ["c", "Cluster"], ["m", "Mail"], ["t", "Try it"], ["o", "Overview"]] as const) {
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(title);
  }
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toContainText("Keyboard shortcuts");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.keyboard.press("g");
  await page.keyboard.press("r");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Requests");
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox")).toBeFocused();
});

test("light and dark can be chosen, and stay chosen", async ({ page }) => {
  await open(page, "");
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.getByRole("button", { name: /^Colours/ }).click();
  const light = await ground();
  await page.getByRole("button", { name: "Colours: light" }).click();
  expect(await ground()).not.toBe(light);
  await page.reload();
  await expect(page.getByRole("button", { name: "Colours: dark" })).toBeVisible();
});

test("the overview is alive", async ({ page }) => {
  await open(page, "");
  await expect(page.getByText("Live")).toBeVisible();
  await expect(page.locator(".flow .step")).toHaveCount(3);
  const nodes = (await api(page, "GET", "/cluster")).nodes as unknown[];
  await expect(page.locator(".node-row")).toHaveCount(nodes.length);
});

test("a picture that is dropped comes out beside the original, and its request tells its way", async ({ page }, info) => {
  await open(page, "try");
  const png = await page.evaluate(async () => {
    const canvas = document.createElement("canvas");
    canvas.width = 320;
    canvas.height = 240;
    const c = canvas.getContext("2d")!;
    c.fillStyle = "#4682b4";
    c.fillRect(0, 0, 320, 240);
    c.fillStyle = "#ffa040";
    c.fillRect(60, 60, 120, 120);
    return canvas.toDataURL("image/png").split(",")[1]!;
  });
  await page.getByLabel("Image", { exact: true }).setInputFiles({ name: "square.png", mimeType: "image/png", buffer: Buffer.from(png, "base64") });
  await expect(page.getByAltText("The upload, square.png")).toBeVisible();
  await page.getByLabel("width").fill("160");
  await page.getByLabel("Add an operation").selectOption("grayscale");
  await page.getByRole("button", { name: "Process", exact: true }).click();
  await expect(page.getByAltText("The result")).toBeVisible({ timeout: 45_000 });
  await expect.poll(() => page.getByAltText("The result").evaluate((i: HTMLImageElement) => i.complete && i.naturalWidth > 0)).toBe(true);
  await keep(page, info, "try-result");
  await page.getByRole("link", { name: "Open the request" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("square.png");
  await expect(page.locator(".wf li")).not.toHaveCount(0);
  await expect(page.getByAltText("The upload, square.png")).toBeVisible();
  await keep(page, info, "request");
  await expectUsable(page);
  const id = page.url().split("/").at(-1)!;
  expect((await api(page, "GET", `/requests/${id}`)).operations.map((o: { op: string }) => o.op)).toEqual(["resize", "grayscale"]);
});

test("what the node finds wrong is told at its field", async ({ page, watch }) => {
  watch.allow.push(/status of 422/);
  await open(page, "try");
  await page.getByLabel("Image", { exact: true }).setInputFiles({ name: "dot.png", mimeType: "image/png", buffer: Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==", "base64") });
  await expect(page.getByAltText("The upload, dot.png")).toBeVisible();
  await page.getByLabel("Add an operation").selectOption("blur");
  await page.getByLabel("sigma").fill("5000");
  await page.getByRole("button", { name: "Process", exact: true }).click();
  await expect(page.getByLabel("sigma")).toHaveAttribute("aria-invalid", "true");
});

test("a queue is paused and goes on, after asking", async ({ page }) => {
  const name = "rtp-notifier-queue";
  await open(page, `queues/${name}`);
  const paused = async () => (await api(page, "GET", "/queues")).queues.find((q: { name: string }) => q.name === name).paused;
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByRole("dialog")).toContainText(`Pause ${name}`);
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  expect(await paused()).toBe(false);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
  await expect(page.getByRole("button", { name: "Resume" })).toBeVisible();
  expect(await paused()).toBe(true);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Resume" }).click();
  await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
  expect(await paused()).toBe(false);
  await open(page, "cluster?tab=audit");
  await expect(page.getByRole("row").filter({ hasText: `resume ${name}` }).first()).toBeVisible();
});

test("a leader is moved, after asking", async ({ page }) => {
  await open(page, "cluster");
  const partitions = async () => (await api(page, "GET", "/cluster")).partitions as { partition: number; leader: string; replicas: { node: string; up: boolean }[] }[];
  const one = (await partitions()).find((p) => p.replicas.filter((r) => r.up).length > 1);
  test.skip(!one, "one node alone");
  const to = one!.replicas.find((r) => r.up && r.node !== one!.leader)!.node;
  await page.getByLabel(`Move the leader of partition ${one!.partition}`).selectOption(to);
  await page.getByRole("dialog").getByRole("button", { name: `Move to ${to}` }).click();
  await expect.poll(async () => (await partitions()).find((p) => p.partition === one!.partition)!.leader).toBe(to);
});

test("an actor is looked at from the tree", async ({ page }) => {
  await open(page, "actors");
  const row = page.getByRole("row").filter({ hasText: "partition/0" }).first();
  await row.getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("partition/0");
  await expect(page.getByText("Supervisor")).toBeVisible();
  await expectUsable(page);
});

test("what is not there is said to be not there", async ({ page, watch }) => {
  watch.allow.push(/status of 404/);
  for (const [place, text] of [["requests/01KAVD3Z9NFQ4T7WBYV6S2R8X0", "There is no such request"], ["queues/none", "There is no such queue"], ["actors/n1.999999", "There is no such actor"], ["nowhere", "There is no such view"]] as const) {
    await open(page, place);
    await expect(page.getByText(text)).toBeVisible();
  }
});
