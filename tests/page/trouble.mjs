// What is shown when nothing is found, when something is wrong, and when the server is gone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { PHONE, answered, asking, shop } from "./support.mjs";

test("nothing found says so, and the filters can be taken away", async () => {
  await shop().visit("/?q=dress&low=90000", async (page) => {
    await page.getByRole("heading", { name: "Nothing here" }).waitFor();
    await asking(page, () => page.getByRole("button", { name: "Take away the filters" }).click());
    await answered(page);
    assert.ok(await page.locator("#empty").isHidden());
  });
});

test("an address that cannot be answered says why, and one can start afresh", async () => {
  await shop().visit("/?like=no-such-item", async (page, visit) => {
    visit.expected.push(/404/);
    const alert = page.getByRole("alert");
    await alert.getByText("no-such-item").waitFor();
    await alert.getByRole("button", { name: "Start afresh" }).click();
    await answered(page);
  });
});

test("a server that is gone is said to be gone, and tried again", async () => {
  await shop().visit("/", async (page, visit) => {
    visit.expected.push(/ERR_FAILED/);
    await answered(page);
    await page.route("**/v1/search", (route) => route.abort());
    await page.fill("#q", "boots");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "The shop cannot be reached" }).waitFor();
    await page.unroute("**/v1/search");
    await asking(page, () => page.getByRole("button", { name: "Try again" }).click());
    await answered(page);
    assert.equal(await page.locator("#title").textContent(), "“boots”");
  });
});

test("an event that meets a busy server is sent again, under the same id", async () => {
  await shop().visit("/?q=boots", async (page, visit) => {
    visit.expected.push(/503/);
    await answered(page);
    let refused = 0;
    await page.route("**/v1/events", async (route) => {
      if (route.request().postDataJSON().type !== "like" || refused++ > 0) return route.continue();
      await route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ code: "store_busy", detail: "try again" }) });
    });
    await asking(page, () => page.locator("#fitted .heart").first().click());
    const likes = visit.events("like");
    assert.equal(likes.length, 2);
    assert.equal(likes[0].event_id, likes[1].event_id);
  });
});

test("words that are no words of a page stay words", async () => {
  const words = "<img src=x onerror=alert(1)> \"quoted\" \\ back";
  await shop().visit(`/?${new URLSearchParams({ q: words, "f.colour": words })}`, async (page) => {
    await page.getByRole("heading", { name: "Nothing here" }).waitFor();
    assert.equal(await page.locator("#title").textContent(), `“${words}”`);
    assert.equal(await page.locator("main img[src=x]").count(), 0);
  });
});

test("on a phone the filters open and close, and nothing is wider than the screen", async () => {
  await shop().visit("/?q=dress", async (page) => {
    await answered(page);
    const narrow = page.locator("#narrow");
    assert.ok(await page.locator("#rail").isHidden());
    await narrow.click();
    assert.equal(await narrow.getAttribute("aria-expanded"), "true");
    await page.getByRole("button", { name: "Show the items" }).click();
    assert.ok(await page.locator("#rail").isHidden());
    assert.equal(await page.evaluate(() => document.activeElement?.id), "title");
  }, { viewport: PHONE });
});
