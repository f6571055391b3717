// A page that is watched: what it logs, what it asks, and whether anybody can use it.
import { AxeBuilder } from "@axe-core/playwright";
import { test as base, expect, type Page, type TestInfo } from "@playwright/test";
import { mkdirSync } from "node:fs";

export interface Watch { errors: string[]; foreign: string[]; allow: RegExp[] }

export const test = base.extend<{ watch: Watch }>({
  watch: [async ({ page, baseURL }, use) => {
    const watch: Watch = { errors: [], foreign: [], allow: [] };
    const home = new URL(baseURL!).origin;
    page.on("console", (m) => { if (m.type() === "error" || m.type() === "warning") watch.errors.push(m.text()); });
    page.on("pageerror", (e) => watch.errors.push(e.message));
    page.on("request", (r) => { if (!r.url().startsWith(`${home}/`) && !r.url().startsWith(`blob:${home}/`)) watch.foreign.push(r.url()); });
    const token = process.env.DIP_ADMIN_TOKEN;
    if (token) await page.addInitScript((t) => sessionStorage.setItem("dip-admin-token", t), token);
    await use(watch);
    expect(watch.foreign, "requests off the node").toEqual([]);
    expect(watch.errors.filter((e) => !watch.allow.some((a) => a.test(e))), "errors in the console").toEqual([]);
  }, { auto: true }],
});
export { expect };

// A call of the API beside the page, by the same base.
export async function api(page: Page, method: string, path: string, data?: unknown) {
  const here = page.url().startsWith("http") ? page.url() : process.env.DIP_CONSOLE_URL!;
  const url = new URL(`../${path.replace(/^\//, "")}`, here.split("#")[0]).href;
  const token = process.env.DIP_ADMIN_TOKEN;
  const answer = await page.request.fetch(url, { method, ...(data === undefined ? {} : { data }), ...(token ? { headers: { Authorization: `Bearer ${token}` } } : {}) });
  expect(answer.ok(), `${method} ${path}: ${answer.status()}`).toBe(true);
  return answer.status() === 204 ? null : answer.json();
}

export async function open(page: Page, place: string) {
  await page.goto(`./#/${place}`);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.locator(".bones")).toHaveCount(0);
}

export async function expectUsable(page: Page) {
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]).analyze();
  const grave = violations.filter((v) => v.impact === "serious" || v.impact === "critical");
  expect(grave.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 160)).slice(0, 3).join(" | ")}`)).toEqual([]);
}

export async function keep(page: Page, info: TestInfo, name: string) {
  const dir = process.env.DIP_CONSOLE_SHOTS ?? `${info.project.outputDir}/../shots`;
  mkdirSync(dir, { recursive: true });
  await page.screenshot({ path: `${dir}/${name}.png` });
}

// What the stand-in is to show from now on.
export async function plant(page: Page, wish: Record<string, unknown>) {
  const answer = await page.request.post("/fake", { data: wish });
  expect(answer.ok()).toBe(true);
}
export const fresh = { scene: "busy", down: [], destructive: true, token: "", silent: false };

// What the tests' own cluster is to do, or to suffer.
export async function control<T = Record<string, unknown>>(page: Page, word: string, wish: Record<string, unknown> = {}): Promise<T> {
  const answer = await page.request.post(`${process.env.DIP_CONSOLE_CONTROL}/${word}`, { data: wish, timeout: 180_000 });
  const said = await answer.json();
  expect(answer.status(), `${word}: ${said.problem}`).toBe(200);
  return said;
}
export interface Done { uploads: number; clients: number; accepted: { id: string; at: number; took_ms: number | null; status: string | null }[] }
export async function done(page: Page): Promise<Done> {
  return (await page.request.get(`${process.env.DIP_CONSOLE_CONTROL}/done`)).json();
}
export async function confirm(page: Page, button: string) {
  await page.getByRole("dialog").getByRole("button", { name: button, exact: true }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
}
