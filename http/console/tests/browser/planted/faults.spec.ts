// What is planted appears where an operator would look first, and is mended there.
import { api, expect, expectUsable, fresh, keep, open, plant, test } from "../support";

const queue = "rtp-preprocess-ok-queue";

test.beforeEach(async ({ page }) => plant(page, fresh));
test.afterAll(async ({ browser, baseURL }) => {
  const page = await browser.newPage({ baseURL: baseURL! });
  await plant(page, fresh);
  await page.close();
});

test("a stuck actor and one that backs off stand before all others", async ({ page }) => {
  await open(page, "actors");
  const needs = page.locator("section", { hasText: "Needs a look" });
  await expect(needs.getByRole("listitem")).toHaveCount(2);
  await expect(needs).toContainText("processor/3");
  await expect(needs).toContainText("214 messages behind it");
  await needs.getByRole("link", { name: "processor/3" }).click();
  await page.getByRole("button", { name: "Restart" }).click();
  await expect(page.getByRole("dialog")).toContainText("214 messages");
  await page.getByRole("dialog").getByRole("button", { name: "Restart" }).click();
  await expect(page.getByText("processor/3 is started again")).toBeVisible();
  expect((await api(page, "GET", "/actors?state=stuck")).total).toBe(0);
});

test("dead actors keep their reason", async ({ page }) => {
  await open(page, "actors?show=dead");
  await expect(page.getByRole("row").filter({ hasText: /signal 11|operator|timeout/ }).first()).toBeVisible();
});

test("dead letters are grouped by error, and one group goes back to work", async ({ page }, info) => {
  await open(page, `queues/${queue}?tab=dead`);
  const before = await api(page, "GET", `/queues/${queue}/dead-letters`);
  const group = before.groups.find((g: { code: string }) => g.code === "timeout");
  await page.getByRole("button", { name: new RegExp(`^timeout ?${group.count}$`) }).click();
  await page.getByRole("button", { name: `Redrive these ${group.count}` }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText(`${group.count} dead letters with timeout`);
  await keep(page, info, "redrive-asked");
  await expectUsable(page);
  await dialog.getByRole("button", { name: "Redrive" }).click();
  await expect(page.getByText(`${group.count} messages back to work`)).toBeVisible();
  expect((await api(page, "GET", `/queues/${queue}/dead-letters`)).total).toBe(before.total - group.count);
});

test("chosen dead letters go back, and what is refused is told", async ({ page }) => {
  await open(page, `queues/${queue}?tab=dead&error=not_found`);
  await page.getByLabel("Select all that are loaded").check();
  await page.getByRole("button", { name: /^Redrive \d/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Redrive" }).click();
  await expect(page.getByText("refused: its input is gone")).toBeVisible();
});

test("one dead letter is discarded with a reason, and not without", async ({ page }) => {
  await open(page, `queues/${queue}?tab=dead`);
  const total = (await api(page, "GET", `/queues/${queue}/dead-letters`)).total as number;
  await page.getByRole("grid").focus();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByRole("button", { name: "Discard" }).click();
  const confirm = page.getByRole("dialog").getByRole("button", { name: "Discard" });
  await expect(confirm).toBeDisabled();
  await page.getByLabel("Reason").fill("the customer withdrew it");
  await confirm.click();
  await expect(page.getByText("1 dead letter discarded")).toBeVisible();
  expect((await api(page, "GET", `/queues/${queue}/dead-letters`)).total).toBe(total - 1);
  expect((await api(page, "GET", "/audit")).entries[0].reason).toBe("the customer withdrew it");
});

test("rows are chosen by keys", async ({ page }) => {
  await open(page, `queues/${queue}?tab=dead`);
  await page.getByRole("grid").focus();
  for (const key of ["j", "x", "ArrowDown", "x"]) await page.keyboard.press(key);
  await expect(page.getByRole("button", { name: "Redrive 2" })).toBeVisible();
});

test("a failed request says why, and is tried again", async ({ page }) => {
  await open(page, "requests?status=failed");
  await page.getByRole("grid").getByRole("link").first().click();
  await expect(page.locator(".note.bad")).toBeVisible();
  const id = page.url().split("/").at(-1)!;
  await page.getByRole("button", { name: "Retry" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Retry" }).click();
  await expect(page.getByText("Run 2 has begun")).toBeVisible();
  await expect.poll(async () => (await api(page, "GET", `/requests/${id}`)).status, { timeout: 20_000 }).toBe("processed");
  await expect(page.locator(".head .badge")).toContainText("processed");
});

test("a request on its way is cancelled", async ({ page }) => {
  await open(page, "");
  const { key } = await api(page, "POST", "/files?name=slow.png", "x");
  const { id } = await api(page, "POST", "/process-file", { file: key });
  await open(page, `requests/${id}`);
  await page.getByRole("button", { name: "Cancel request" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel the request" }).click();
  await expect(page.getByText("The request is cancelled")).toBeVisible();
  expect((await api(page, "GET", `/requests/${id}`)).status).toBe("cancelled");
});

test("a notification is sent again", async ({ page }) => {
  await open(page, "");
  const { requests } = await api(page, "GET", "/requests?status=processed&limit=200");
  const one = requests.find((r: { notification: { email: string } }) => r.notification.email === "failed");
  await open(page, `requests/${one.id}`);
  await page.getByRole("button", { name: "Resend" }).click();
  await expect(page.getByText("The notification is sent again")).toBeVisible();
  expect((await api(page, "GET", `/requests/${one.id}`)).notification.email).toBe("sent");
});

test("an address is written to again", async ({ page }) => {
  await open(page, "mail?tab=suppressed");
  await page.getByRole("row", { name: /gone@example.org/ }).getByRole("button", { name: "Allow again" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Allow again" }).click();
  await expect(page.getByText("gone@example.org is written to again")).toBeVisible();
  expect((await api(page, "GET", "/suppressions")).suppressions.some((s: { address: string }) => s.address === "gone@example.org")).toBe(false);
});

test("a node is drained, and the question says what it leads", async ({ page }) => {
  await open(page, "cluster");
  await page.locator("section.node", { hasText: "10.0.0.3" }).getByRole("button", { name: "Drain" }).click();
  await expect(page.getByRole("dialog")).toContainText(/hands over \d leaderships/);
  await page.getByRole("dialog").getByRole("button", { name: "Drain" }).click();
  await expect(page.locator("section.node", { hasText: "10.0.0.3" })).toContainText("draining");
});

test("a lagging replica is seen among the partitions", async ({ page }) => {
  await open(page, "cluster");
  await expect(page.getByText("1,842 behind")).toBeVisible();
});

test("a node that goes away is missed on every view", async ({ page }, info) => {
  await open(page, "");
  await plant(page, { down: ["n3"] });
  await expect(page.locator(".verdict")).toContainText("n3 does not answer");
  await keep(page, info, "node-down");
  await open(page, "cluster");
  await expect(page.getByText("n3 does not answer").first()).toBeVisible();
  await keep(page, info, "cluster-node-down");
  for (const place of ["queues", "actors", `queues/${queue}?tab=dead`]) {
    await open(page, place);
    await expect(page.getByText("n3 does not answer").first()).toBeVisible();
  }
  await expectUsable(page);
});

test("where cluster.conf forbids it nothing is offered", async ({ page }) => {
  await plant(page, { destructive: false });
  await open(page, "queues");
  await page.reload();
  await expect(page.getByRole("button", { name: /^Pause/ })).toHaveCount(0);
  await open(page, `queues/${queue}?tab=dead`);
  await expect(page.getByRole("grid")).toBeVisible();
  await expect(page.getByRole("button", { name: /Redrive|Discard/ })).toHaveCount(0);
  await open(page, "cluster");
  await expect(page.getByRole("button", { name: "Drain" })).toHaveCount(0);
});
