// The dashboard shows what the server knows, as it happens.

import assert from "node:assert/strict";
import { test } from "node:test";

import { shop } from "./support.mjs";

test("the dashboard shows catalogue, events, model and report as the server has them", async () => {
  const { catalogue, model, report } = await shop().ask("/page/dashboard");
  const { systems } = report;
  assert.ok(systems.some((/** @type {{ name: string }} */ { name }) => name === "whisperlite") && systems.length > 5);
  await shop().visit("/dashboard", async (page) => {
    await page.locator("#boards").waitFor();
    const figure = (/** @type {string} */ board, /** @type {string} */ name) => page.locator(`#${board} .figures div`, { hasText: name }).locator("dd").first().textContent();
    assert.equal(Number((await figure("catalogue", "Items"))?.replaceAll(",", "")), catalogue.n_items);
    assert.equal(Number((await figure("events", "Before the start"))?.replaceAll(",", "")), catalogue.n_events);
    assert.ok((await page.locator("#model").textContent())?.includes(model.version));
    assert.equal(await page.locator("#report tbody tr").count(), systems.length);
    assert.equal(await page.locator("#report tbody tr").first().locator("td").first().textContent(), systems[0].ndcg.mean.toFixed(3));
    await page.locator("#catalogue .categories a").first().click();
    await page.locator("#fitted .card:not(.ghost)").first().waitFor();
    assert.ok(new URL(page.url()).searchParams.get("f.category"));
  });
});

test("what happens now is on the dashboard a moment later", async () => {
  await shop().visit("/dashboard", async (page) => {
    await page.locator("#boards").waitFor();
    const row = page.locator("#events tbody tr", { hasText: "Dislike" }).locator("td").last();
    const before = (await row.count()) ? Number(await row.textContent()) : 0;
    const { item_id } = (await shop().ask("/v1/search", { limit: 1 })).hits[0];
    await shop().ask("/v1/events", { type: "dislike", session_id: "of the dashboard's test", item_id });
    await page.waitForFunction((n) => {
      const rows = Array.from(document.querySelectorAll("#events tbody tr"));
      return Number(rows.find((found) => found.textContent?.startsWith("Dislike"))?.lastElementChild?.textContent) > n;
    }, before);
    const events = page.locator("#latency tbody tr", { hasText: "POST /v1/events" });
    assert.match(String(await events.locator("td").nth(1).textContent()), /^[\d.]+ m?s$/);
    await page.getByRole("button", { name: "Pause" }).click();
    assert.equal(await page.locator("#pause").getAttribute("aria-pressed"), "true");
  });
});

test("the whole report opens, with its own style and no script", async () => {
  await shop().visit("/page/report", async (page) => {
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.notEqual(await page.locator("main").evaluate((main) => getComputedStyle(main).maxWidth), "none");
  });
});
