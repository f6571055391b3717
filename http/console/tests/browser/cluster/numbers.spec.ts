// What is shown, against what clients did: they say it themselves.
import type { Page } from "@playwright/test";
import { api, control, done, expect, keep, open, test } from "../support";

const queue = "rtp-request-queue";
const number = (text: string | null) => Number((text ?? "").replace(/[^0-9.]/g, ""));
const row = (page: Page, name: string) => page.getByRole("region", { name: "Queues" }).getByRole("row").filter({ hasText: name });

test.afterEach(async ({ page }) => { await control(page, "calm"); });

test("counts and depths are what the clients did", async ({ page }, info) => {
  await control(page, "load", { clients: 0 });
  await open(page, "queues");
  const topic = (name: string) => page.getByRole("region", { name: "Topics" }).getByRole("row").filter({ hasText: name }).locator("td").nth(2);
  const published = async (name: string) => number(await topic(name).textContent());
  const before = { request: await published("rtp-request-topic"), between: await published("rtp-preprocess-ok-topic") };

  await page.getByRole("button", { name: `Pause ${queue}` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
  await expect(row(page, queue)).toContainText("paused");
  const began = Date.now();
  const { ids } = await control<{ ids: string[] }>(page, "submit", { count: 7 });
  await expect(row(page, queue).locator("td").nth(1)).toHaveText("7");
  await expect.poll(() => published("rtp-request-topic")).toBe(before.request + 7);
  await keep(page, info, "queues-paused");

  await open(page, "");
  const step = page.locator(".step").first();
  await expect(step).toContainText("7waiting");
  await expect(step).toContainText("paused");
  await expect(page.locator(".verdict")).toContainText(`${queue} is paused`);
  await expect(page.locator(".figure", { hasText: "Waiting" }).locator("b")).toHaveText("7");
  await expect(page.locator(".status-rows a", { hasText: "Accepted" }).locator("b")).toHaveText("7");
  await keep(page, info, "overview-paused");

  await open(page, `queues/${queue}`);
  await expect(page.getByRole("grid", { name: "Messages" }).getByRole("row")).toHaveCount(8);
  for (const id of ids) await expect(page.locator(`a[title="${id}"]`)).toBeVisible();
  await page.getByRole("button", { name: "Partitions" }).click();
  const depths = await page.locator(".bar-cell").allTextContents();
  expect(depths).toHaveLength(8);
  expect(depths.reduce((n, d) => n + Number(d), 0)).toBe(7);
  // The oldest is no older than the first of them, and gets older.
  const oldest = async () => (await api(page, "GET", "/queues")).queues.find((q: { name: string }) => q.name === queue).oldest_ms as number;
  const first = await oldest();
  expect(first).toBeLessThanOrEqual(Date.now() - began + 1000);
  await expect.poll(oldest).toBeGreaterThan(first);

  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Resume" }).click();
  const { records } = await control<{ records: { status: string }[] }>(page, "finish", { ids });
  expect(records.map((r) => r.status)).toEqual(Array(7).fill("processed"));
  await open(page, "queues");
  await expect(row(page, queue).locator("td").nth(1)).toHaveText("0");
  await expect.poll(() => published("rtp-preprocess-ok-topic")).toBe(before.between + 7);
  await open(page, "");
  const processed = page.locator(".status-rows a", { hasText: /^Processed/ }).locator("b");
  await expect.poll(async () => number(await processed.textContent())).toBeGreaterThanOrEqual(7);
});

test("times are what the clients waited", async ({ page }) => {
  const { ids } = await control<{ ids: string[] }>(page, "submit", { count: 6 });
  await control(page, "finish", { ids });
  const mine = (await done(page)).accepted.filter((a) => ids.includes(a.id));
  for (const one of mine) {
    const way = await api(page, "GET", `/requests/${one.id}/trace`);
    const spent = Date.parse(way.to) - Date.parse(way.from);
    // A client waits for the whole way, and for the calls around it.
    expect(spent).toBeLessThanOrEqual(one.took_ms! + 50);
    const worked = way.hops.reduce((n: number, h: { worked_ms: number | null }) => n + (h.worked_ms ?? 0), 0);
    expect(worked).toBeLessThanOrEqual(spent + 50);
    expect(Math.abs(Date.parse(way.from) - one.at * 1000)).toBeLessThan(5_000);
  }
  // The middle of the last minute's work lies among what the records of that minute say.
  const { requests } = await api(page, "GET", "/requests?status=processed&limit=200");
  const minute = Date.now() - 60_000;
  const took = (requests as { updated_at: string; timeline: { status: string; took_ms: number }[] }[])
    .filter((r) => Date.parse(r.updated_at) > minute).map((r) => r.timeline.findLast((e) => e.status === "processed")!.took_ms).sort((a, b) => a - b);
  expect(took.length).toBeGreaterThan(5);
  await open(page, "");
  const half = page.locator(".step").nth(1).locator(".step-times");
  await expect(half).toContainText(/half in \d/);
  const text = (await half.textContent())!;
  const [, value, unit] = /half in ([0-9.]+) (ms|s)/.exec(text)!;
  const shown = Number(value) * (unit === "s" ? 1000 : 1);
  // Right to within a third, of the half minute to a minute before.
  const among = (share: number) => took[Math.floor(share * (took.length - 1))]!;
  expect(shown).toBeGreaterThanOrEqual(among(0.1) * 0.66 - 2);
  expect(shown).toBeLessThanOrEqual(among(0.9) * 1.34 + 2);
});

test("a rate is what came in, and each request was published once", async ({ page }) => {
  await open(page, "queues");
  const topics = async () => (await api(page, "GET", "/topics")).topics.map((t: { published: number }) => t.published) as number[];
  const [first, between] = await topics();
  const accepted = (await done(page)).accepted.length;
  await control(page, "load", { clients: 4 });
  await open(page, "");
  const shown = page.locator(".figure", { hasText: "Coming in" }).locator("b");
  const before = (await done(page)).accepted.length;
  const began = Date.now();
  // Its mean is over ten seconds.
  await expect.poll(() => Date.now() - began, { timeout: 60_000 }).toBeGreaterThan(12_000);
  const rate = ((await done(page)).accepted.length - before) / ((Date.now() - began) / 1000);
  await expect.poll(async () => Math.abs(number(await shown.textContent()) - rate) / rate).toBeLessThan(0.5);
  await control(page, "load", { clients: 0 });
  const more = (await done(page)).accepted.length - accepted;
  expect(more).toBeGreaterThan(10);
  const [last, after] = await topics();
  expect([last! - first!, after! - between!]).toEqual([more, more]);
});
