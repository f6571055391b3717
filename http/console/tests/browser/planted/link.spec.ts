// The stream, the token, and what is shown when there is nothing, too much, or nobody who answers.
import { expect, expectUsable, fresh, keep, open, plant, test } from "../support";

test.beforeEach(async ({ page }) => plant(page, fresh));
test.afterEach(async ({ page }) => plant(page, fresh));

test("a server that goes away is missed, and found again by itself", async ({ page, watch }, info) => {
  watch.allow.push(/Failed to load resource/);
  await open(page, "");
  await expect(page.getByText("Live")).toBeVisible();
  await plant(page, { silent: true });
  await expect(page.getByText(/Disconnected since/)).toBeVisible();
  await expect(page.locator(".flow .step")).toHaveCount(3);
  await keep(page, info, "disconnected");
  await expectUsable(page);
  await page.goto("./#/queues");
  await expect(page.getByText("The node does not answer").first()).toBeVisible();
  await keep(page, info, "disconnected-queues");
  await plant(page, { silent: false });
  await expect(page.getByText(/Disconnected since/)).toHaveCount(0, { timeout: 30_000 });
  await expect(page.getByRole("link", { name: "rtp-request-queue" }).first()).toBeVisible();
});

test("a token is asked for where one is needed, and a wrong one again", async ({ page, watch }, info) => {
  watch.allow.push(/status of 401/);
  await plant(page, { token: "sesame" });
  await page.goto("./");
  const dialog = page.getByRole("dialog", { name: "Admin token" });
  await expect(dialog).toBeVisible();
  await keep(page, info, "token");
  await expectUsable(page);
  await dialog.getByLabel("Token").fill("wrong");
  await dialog.getByRole("button", { name: "Unlock" }).click();
  await expect(dialog).toContainText("this key is not known");
  await dialog.getByLabel("Token").fill("sesame");
  await dialog.getByRole("button", { name: "Unlock" }).click();
  await expect(page.getByText("Live")).toBeVisible();
  await expect(page.locator(".flow .step")).toHaveCount(3);
  await page.reload();
  await expect(page.locator(".flow .step")).toHaveCount(3);
  expect(await page.evaluate(() => [localStorage.length, document.cookie])).toEqual([0, ""]);
  await page.getByRole("link", { name: "Requests", exact: true }).click();
  await page.locator("select").first().selectOption("processed");
  await page.getByRole("grid").getByRole("link").first().click();
  await expect(page.getByAltText(/^The output/).first()).toHaveAttribute("src", /^blob:/);
  await page.getByRole("button", { name: "Forget the admin token" }).click();
  await expect(dialog).toBeVisible();
});

for (const scheme of ["light", "dark"] as const) {
  test.describe(scheme, () => {
    test.use({ colorScheme: scheme });
    test(`an empty cluster is told as such, ${scheme}`, async ({ page }, info) => {
      await plant(page, { scene: "empty" });
      for (const [place, text] of [["", "Idle: nothing waits"], ["requests", "No requests yet"], ["queues/rtp-request-queue", "Nothing waits"], ["queues/rtp-request-queue?tab=dead", "No dead letters"], ["actors?show=stuck", "No actor is stuck"], ["actors?show=dead", "No actor has ended"], ["cluster?tab=audit", "Nobody has done anything yet"], ["mail", "Nothing is delayed"], ["mail?tab=suppressed", "No address is suppressed"]] as const) {
        await open(page, place);
        await expect(page.getByText(text)).toBeVisible();
        await keep(page, info, `empty-${(place || "overview").replace(/[^a-z]+/g, "-")}-${scheme}`);
      }
      await expectUsable(page);
    });
  });
}

test("ten thousand actors and a hundred thousand dead letters stay quick", async ({ page }, info) => {
  test.setTimeout(120_000);
  await plant(page, { scene: "crowd" });
  await open(page, "queues/rtp-preprocess-ok-queue?tab=dead");
  await expect(page.getByText("of 100,000 loaded")).toBeVisible();
  await page.getByRole("grid").focus();
  for (let loaded = 100; loaded < 600; loaded += 100) {
    await page.keyboard.press("End");
    await expect(page.getByText(`${loaded + 100} of 100,000 loaded`)).toBeVisible();
  }
  expect(await page.getByRole("row").count()).toBeLessThan(80);
  await open(page, "actors");
  await expect(page.getByText(/10,\d\d\d actors|9,\d\d\d actors/)).toBeVisible();
  await page.getByRole("grid").focus();
  await page.keyboard.press("End");
  await expect(page.getByRole("row").last()).toBeInViewport();
  expect(await page.getByRole("row").count()).toBeLessThan(80);
  await keep(page, info, "crowd-actors");
  await page.getByRole("searchbox").fill("processor/77");
  await expect(page.getByRole("row").filter({ hasText: "processor/77" }).first()).toBeVisible();
});

test("a list follows by itself, and holds still under the hand", async ({ page }) => {
  await open(page, "requests");
  const first = () => page.getByRole("grid").getByRole("link").first().textContent();
  const before = await first();
  await expect.poll(first, { timeout: 15_000 }).not.toBe(before);
  await page.getByRole("grid").hover();
  await expect(page.getByText(/changes? since/)).toBeVisible();
  const held = await first();
  await expect(page.getByText(/[1-9]\d changes since/)).toBeVisible();
  expect(await first()).toBe(held);
  await page.mouse.move(5, 400);
  await expect.poll(first).not.toBe(held);
});
