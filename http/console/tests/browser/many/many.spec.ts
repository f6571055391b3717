// Before a real node with very many of them.
import { api, confirm, expect, keep, open, test } from "../support";

const many = Number(process.env.DIP_CONSOLE_MANY).toLocaleString("en-US");

test("dead letters", async ({ page }, info) => {
  const queue = "rtp-request-queue";
  await open(page, `queues/${queue}?tab=dead`);
  await expect(page.getByText(`of ${many} loaded`)).toBeVisible();
  await page.getByRole("grid").focus();
  for (let loaded = 100; loaded < 1000; loaded += 100) {
    await page.keyboard.press("End");
    await expect(page.getByText(`${(loaded + 100).toLocaleString("en-US")} of ${many} loaded`)).toBeVisible();
  }
  expect(await page.getByRole("row").count()).toBeLessThan(80);
  await keep(page, info, "many-dead-letters");
  await page.getByRole("row").nth(5).getByRole("checkbox").check();
  await page.getByRole("button", { name: "Discard" }).click();
  await page.getByRole("dialog").getByRole("textbox").fill("one of very many");
  await confirm(page, "Discard");
  const { groups } = await api(page, "GET", `/queues/${queue}/dead-letters?limit=1`);
  expect(groups).toEqual([{ code: "worker_crashed", count: Number(process.env.DIP_CONSOLE_MANY) - 1 }]);
});

test("actors", async ({ page }, info) => {
  await open(page, "actors");
  await expect(page.getByText(new RegExp(`${many} actors`))).toBeVisible();
  await page.getByRole("grid").focus();
  await page.keyboard.press("End");
  await expect(page.getByRole("row").last()).toBeInViewport();
  expect(await page.getByRole("row").count()).toBeLessThan(80);
  await keep(page, info, "many-actors");
  await page.getByRole("searchbox").fill("rtp-request-queue/511");
  await expect(page.getByRole("row").filter({ hasText: "rtp-request-queue/511" }).first()).toBeVisible();
});
