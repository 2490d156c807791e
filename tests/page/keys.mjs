// A server that asks for a key: the pages ask for it once, and say what it does not open.

import assert from "node:assert/strict";
import { test } from "node:test";

import { answered, shop } from "./support.mjs";

test("a key is asked for once, and opens the pages as far as it may", async () => {
  const guarded = await shop().withKeys({ seller: ["search", "write"], owner: ["search", "write", "admin"] });
  try {
    await guarded.visit("/", async (page, visit) => {
      visit.expected.push(/401/);
      const asked = page.getByRole("dialog", { name: "This server asks for a key" });
      await asked.getByLabel("Key", { exact: true }).fill("wl_not_a_key");
      await page.keyboard.press("Enter");
      await asked.getByText(/no such key/).waitFor();
      await asked.getByLabel("Key", { exact: true }).fill(guarded.keys.seller ?? "");
      await page.keyboard.press("Enter");
      await answered(page);
      await page.reload();
      await answered(page);
      assert.equal(await asked.count(), 0);
      assert.equal(await page.locator("#fitted .frame img.there").count() > 0, true, "pictures are shown");

      visit.expected.push(/403/);
      await page.goto(`${guarded.url}/dashboard`);
      await page.getByRole("button", { name: "Use another key" }).click();
      await asked.getByLabel("Key", { exact: true }).fill(guarded.keys.owner ?? "");
      await page.keyboard.press("Enter");
      await page.locator("#boards").waitFor();
      const download = page.waitForEvent("download");
      await page.getByRole("link", { name: "The whole report" }).click();
      assert.equal((await download).suggestedFilename(), "report.html");
    });
  } finally {
    await guarded.end();
  }
});
