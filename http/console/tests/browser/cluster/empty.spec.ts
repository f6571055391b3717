// A cluster that has just begun.
import { expect, expectUsable, keep, open, test } from "../support";

for (const scheme of ["light", "dark"] as const) {
  test.describe(scheme, () => {
    test.use({ colorScheme: scheme });
    test(`nothing has happened, and every view says so, ${scheme}`, async ({ page }, info) => {
      for (const [place, text] of [["", "Idle: nothing waits"], ["requests", "No requests yet"], ["queues/rtp-request-queue", "Nothing waits"], ["queues/rtp-request-queue?tab=dead", "No dead letters"], ["actors?show=stuck", "No actor is stuck"], ["cluster?tab=audit", "Nobody has done anything yet"], ["mail", "Nothing is delayed"], ["mail?tab=suppressed", "No address is suppressed"]] as const) {
        await open(page, place);
        await expect(page.getByText(text)).toBeVisible();
        await keep(page, info, `empty-${(place || "overview").replace(/[^a-z]+/g, "-")}-${scheme}`);
      }
      await expectUsable(page);
    });
  });
}
