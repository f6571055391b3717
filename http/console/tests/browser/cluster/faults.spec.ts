// What goes wrong in a cluster appears where an operator would look first.
import type { Page } from "@playwright/test";
import { api, confirm, control, expect, expectUsable, keep, open, test } from "../support";

const concerns = (page: Page) => async () => (await page.locator(".concerns").allTextContents()).join();
const silence = /Failed to load resource|ERR_|status of 5/;

test.afterEach(async ({ page }) => { await control(page, "calm"); });

test("a worker that crashes is seen with its restarts and its last error", async ({ page }, info) => {
  const worst = async () => (await api(page, "GET", "/actors?sort=restarts&limit=1")).actors[0] as { name: string; restarts: number; last_error: string | null };
  // An operator's restart counts too, and says something else.
  const told = async () => { const w = await worst(); return w.restarts >= 3 && !!w.last_error?.includes("the process that worked on the image died"); };
  while (!(await told())) await control(page, "bury", { count: 3 });
  await open(page, "actors?show=table&sort=restarts");
  const row = page.getByRole("row").filter({ hasText: /preprocessor\/\d/ }).first();
  await expect(row).toContainText("the process that worked on the image died");
  await expect(page.getByRole("row").nth(1)).toContainText((await worst()).name);
  await keep(page, info, "actors-crashed");
  await open(page, "actors");
  await expect(page.locator("section", { hasText: "Needs a look" })).toContainText("the process that worked on the image died");
  await open(page, "");
  await expect(page.locator(".concerns")).toContainText(/went down \d times|go down again and again/);
  await keep(page, info, "overview-crashed");
  await open(page, `queues/rtp-request-queue?tab=dead`);
  await page.getByRole("button", { name: /^Redrive all/ }).click();
  await confirm(page, "Redrive");
  await expect(page.getByText("No dead letters")).toBeVisible();
});

test("an actor whose disk hangs is stuck, and a replica whose disk is slow lags", async ({ page, watch }, info) => {
  watch.allow.push(silence);
  await control(page, "machine", { node: "n3", sync_delay_ms: 40_000 });
  await control(page, "load", { clients: 6, thought: 0.1 });
  await open(page, "");
  await expect(page.locator(".concerns")).toContainText(/is stuck|are stuck/, { timeout: 120_000 });
  await expect(page.locator(".concerns")).toContainText(/n3 is behind, up to \d+ entries/);
  await keep(page, info, "overview-stuck");
  const stuck = (await api(page, "GET", "/actors?state=stuck")).actors as { id: string; name: string; node: string }[];
  expect(new Set(stuck.map((a) => a.node))).toEqual(new Set(["n3"]));
  await open(page, "actors");
  const needs = page.locator("section", { hasText: "Needs a look" });
  await expect(needs).toContainText(stuck[0]!.name);
  await keep(page, info, "actors-stuck");
  await expectUsable(page);
  await open(page, "cluster");
  await expect(page.locator(".lag .bar").first()).toBeVisible();
  await page.getByRole("region", { name: "Partitions" }).scrollIntoViewIfNeeded();
  await keep(page, info, "cluster-lag");
  // Its disk is well again, but what hangs in it still does: it is for the next test to kill it.
  await control(page, "machine", { node: "n3" });
  await control(page, "load", { clients: 4 });
});

test("a node that is killed is missed on every view, and is back when it is", async ({ page, watch }, info) => {
  watch.allow.push(silence);
  await open(page, "");
  await control(page, "kill", { node: "n3" });
  await expect(page.locator(".verdict")).toContainText("n3 does not answer");
  await expect(page.getByText("1 down")).toBeVisible();
  await keep(page, info, "node-killed");
  for (const place of ["cluster", "queues", "actors"]) {
    await open(page, place);
    await expect(page.getByText("n3 does not answer").first()).toBeVisible();
    await keep(page, info, `node-killed-${place}`);
  }
  await expectUsable(page);
  await control(page, "start", { node: "n3" });
  await open(page, "");
  await expect(page.locator(".verdict")).not.toContainText("does not answer");
  await expect.poll(concerns(page)).not.toContain("n3 is");
});

test("the console comes back by itself when its own node was killed", async ({ page, watch }, info) => {
  watch.allow.push(silence);
  await open(page, "");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await control(page, "kill", { node: "n1" });
  await expect(page.getByText(/Disconnected since/)).toBeVisible();
  await expect(page.locator(".flow .step")).toHaveCount(3);
  await expect(page.locator(".verdict")).toContainText("as it was");
  await keep(page, info, "own-node-killed");
  await expectUsable(page);
  await control(page, "start", { node: "n1" });
  await expect(page.getByText(/Disconnected since/)).toHaveCount(0, { timeout: 60_000 });
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await expect(page.locator(".verdict")).not.toContainText("does not answer");
});

test("a node that stands still is missed like one that is gone", async ({ page, watch }) => {
  watch.allow.push(silence);
  await open(page, "cluster");
  await control(page, "pause", { node: "n2" });
  await expect(page.getByText("n2 does not answer").first()).toBeVisible();
  await control(page, "resume", { node: "n2" });
  await expect(page.getByText("n2 does not answer")).toHaveCount(0);
});

test("a node is drained, and works again when it is started again", async ({ page, watch }, info) => {
  watch.allow.push(silence);
  await open(page, "cluster");
  const card = page.locator("section.node").nth(2);
  await card.getByRole("button", { name: "Drain" }).click();
  await expect(page.getByRole("dialog")).toContainText(/hands over \d leadership/);
  await keep(page, info, "drain-asked");
  await confirm(page, "Drain");
  await expect(card).toContainText("draining");
  const partitions = async () => (await api(page, "GET", "/cluster")).partitions as { leader: string }[];
  await expect.poll(async () => (await partitions()).filter((p) => p.leader === "n3" || !p.leader).length).toBe(0);
  await open(page, "");
  await expect(page.locator(".concerns")).toContainText("n3 is draining");
  await keep(page, info, "drained");
  await control(page, "restart", { node: "n3" });
  await expect.poll(concerns(page)).not.toContain("n3 is");
  await expect.poll(async () => (await partitions()).filter((p) => p.leader === "n3").length).toBeGreaterThan(0);
});
