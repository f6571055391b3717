// Each action, and what came of it by the API.
import type { Page } from "@playwright/test";
import { api, confirm, control, expect, expectUsable, keep, open, test } from "../support";

const queue = "rtp-request-queue";
interface Letter { id: string; request: string; error: { code: string } }
const letters = async (page: Page, of = queue) => (await api(page, "GET", `/queues/${of}/dead-letters?limit=1000`)) as { total: number; messages: Letter[]; groups: { code: string; count: number }[] };
const record = (page: Page, id: string) => api(page, "GET", `/requests/${id}`);
const audited = async (page: Page, what: string) => (await api(page, "GET", "/audit")).entries.find((e: { what: string }) => e.what.startsWith(what));

test.afterEach(async ({ page }) => { await control(page, "calm"); });

test("dead letters are seen, redriven one by one, by error and all, and discarded", async ({ page }, info) => {
  const crashed = (await control<{ ids: string[] }>(page, "bury", { count: 4 })).ids;
  const hung = (await control<{ ids: string[] }>(page, "bury", { count: 2, how: "hang" })).ids;
  await open(page, "");
  // Where an operator looks first.
  await expect(page.locator(".figure", { hasText: "Dead letters" }).locator("b")).toHaveText("6");
  await expect(page.locator(".concerns")).toContainText(`6 dead letters in ${queue}`);
  await keep(page, info, "overview-dead");
  await page.locator(".concerns").getByRole("link", { name: /6 dead letters/ }).click();
  await expect(page.getByRole("grid", { name: "Dead letters" }).getByRole("row")).toHaveCount(7);
  await expect(page.getByRole("button", { name: /^worker crashed ?4$/ })).toBeVisible();
  await expect(page.getByRole("button", { name: /^timeout ?2$/ })).toBeVisible();
  await keep(page, info, "dead-letters");
  await expectUsable(page);

  // One, out of its sheet.
  const one = (await letters(page)).messages.find((m) => m.request === crashed[0])!;
  await page.getByRole("row").filter({ has: page.locator(`a[title="${one.request}"]`) }).getByText("worker crashed").click();
  const sheet = page.getByRole("dialog", { name: `Dead letter ${one.id}` });
  await expect(sheet).toContainText("the process that worked on the image died");
  await keep(page, info, "dead-letter");
  await sheet.getByRole("button", { name: "Redrive" }).click();
  await confirm(page, "Redrive");
  await expect(page.getByText("1 message back to work")).toBeVisible();
  await expect.poll(async () => (await record(page, one.request)).status).toBe("processed");
  expect((await record(page, one.request)).run).toBe(2);

  // One that nobody wants.
  const other = (await letters(page)).messages.find((m) => m.request === crashed[1])!;
  await page.getByLabel(`Select ${other.id}`).check();
  await page.getByRole("button", { name: "Discard 1" }).click();
  await page.getByLabel("Reason").fill("the customer withdrew it");
  await confirm(page, "Discard");
  await expect(page.getByText("1 dead letter discarded")).toBeVisible();
  expect((await letters(page)).messages.map((m) => m.id)).not.toContain(other.id);
  expect((await audited(page, `discard ${queue}`)).reason).toBe("the customer withdrew it");
  expect((await record(page, other.request)).status).toBe("failed");

  // By error, and then the rest.
  await page.getByRole("button", { name: /^timeout ?2$/ }).click();
  await page.getByRole("button", { name: "Redrive these 2" }).click();
  await expect(page.getByRole("dialog")).toContainText("2 dead letters with timeout");
  await confirm(page, "Redrive");
  await expect(page.getByText("2 messages back to work")).toBeVisible();
  for (const id of hung) await expect.poll(async () => (await record(page, id)).status).toBe("processed");
  expect((await letters(page)).groups).toEqual([{ code: "worker_crashed", count: 2 }]);
  await page.goto(`./#/queues/${queue}?tab=dead`);
  await page.getByRole("button", { name: "Redrive all 2" }).click();
  await confirm(page, "Redrive");
  await expect(page.getByText("No dead letters")).toBeVisible();
  expect((await letters(page)).total).toBe(0);
  for (const id of crashed.slice(2)) await expect.poll(async () => (await record(page, id)).status).toBe("processed");
});

test("a failed request says why, and is tried again", async ({ page }, info) => {
  const [id] = (await control<{ ids: string[] }>(page, "bury", { count: 1 })).ids;
  await open(page, "requests?status=failed");
  await page.locator(`a[title="${id}"]`).click();
  await expect(page.locator(".note.bad")).toContainText("worker crashed");
  await expect(page.locator(".wf-error")).toContainText("worker_crashed");
  await keep(page, info, "request-failed");
  await expectUsable(page);
  await page.getByRole("button", { name: "Retry" }).click();
  await confirm(page, "Retry");
  await expect(page.getByText("Run 2 has begun")).toBeVisible();
  await expect(page.locator(".head .badge")).toContainText("processed");
  expect(await record(page, id!)).toMatchObject({ status: "processed", run: 2 });
  expect((await letters(page)).messages.map((m) => m.request)).not.toContain(id);
  await keep(page, info, "request-retried");
});

test("a request on its way is cancelled", async ({ page }) => {
  await open(page, `queues/${queue}`);
  await page.getByRole("button", { name: "Pause" }).click();
  await confirm(page, "Pause");
  const [id] = (await control<{ ids: string[] }>(page, "submit", { count: 1 })).ids;
  await open(page, `requests/${id}`);
  await page.getByRole("button", { name: "Cancel request" }).click();
  await confirm(page, "Cancel the request");
  await expect(page.locator(".head .badge")).toContainText("cancelled");
  expect((await record(page, id!)).status).toBe("cancelled");
  await open(page, `queues/${queue}`);
  await page.getByRole("button", { name: "Resume" }).click();
  await confirm(page, "Resume");
});

test("an address that failed for good is allowed again, and is written to", async ({ page }, info) => {
  const address = "nobody@example.org";
  const [id] = (await control<{ ids: string[] }>(page, "submit", { count: 1, email: address })).ids;
  await expect.poll(async () => (await record(page, id!)).notification.email).toBe("failed");
  await open(page, `requests/${id}`);
  await expect(page.getByText(/550 5.1.1 no such user/).first()).toBeVisible();
  await open(page, "mail?tab=suppressed");
  const row = page.getByRole("row", { name: new RegExp(address) });
  await expect(row).toContainText("550 5.1.1 no such user");
  await keep(page, info, "suppressed");
  await control(page, "mailbox", { nobody: null });
  await row.getByRole("button", { name: "Allow again" }).click();
  await confirm(page, "Allow again");
  await expect(row).toHaveCount(0);
  expect((await api(page, "GET", "/suppressions")).suppressions.filter((s: { address: string }) => s.address === address)).toEqual([]);
  await open(page, `requests/${id}`);
  await page.getByRole("button", { name: "Resend" }).click();
  await expect.poll(async () => (await record(page, id!)).notification.email).toBe("sent");
  await expect(page.locator(".kv dd", { hasText: "sent" })).toBeVisible();
});

test("an actor is made again by its supervisor", async ({ page }) => {
  await open(page, "actors");
  await page.getByRole("searchbox").fill("preprocessor/1");
  const [old] = (await api(page, "GET", "/actors?node=n2&q=preprocessor/1")).actors as { id: string; restarts: number }[];
  await page.locator(`a[title*="${old!.id}"]`).click();
  await page.getByRole("button", { name: "Restart" }).click();
  await confirm(page, "Restart");
  await expect(page.getByText("preprocessor/1 is started again")).toBeVisible();
  await expect(page.locator(".head .badge")).toContainText("dead");
  const now = () => api(page, "GET", "/actors?node=n2&q=preprocessor/1");
  await expect.poll(async () => (await now()).actors[0]?.id).not.toBe(old!.id);
  expect((await now()).actors[0].restarts).toBe(old!.restarts + 1);
  await open(page, "actors?show=dead");
  await expect(page.getByRole("row").filter({ hasText: "preprocessor/1" }).first()).toContainText("restarted by an operator");
});
