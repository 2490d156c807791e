// What somebody does: it is told with its place in the answer, and the next answer knows it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { answered, asking, shop, shownIds } from "./support.mjs";

test("somebody new is known after a like: the answer changes, the heart stays, the focus too", async () => {
  await shop().visit("/?q=something+nice", async (page, visit) => {
    await answered(page);
    const before = await shownIds(page);
    const heart = page.locator(`#fitted .card:has(a[href*="${before[2]}"]) .heart`);
    await asking(page, async () => {
      await heart.focus();
      await page.keyboard.press("Enter");
    });
    assert.notDeepEqual(await shownIds(page), before);
    assert.equal(await heart.getAttribute("aria-pressed"), "true");
    assert.ok(await heart.evaluate((button) => button === document.activeElement));
    const [search] = visit.of("/v1/search");
    const [event] = visit.events("like");
    const answer = await search?.answer;
    assert.deepEqual([event.item_id, event.query_id, event.position, event.request], [before[2], answer.query_id, 3, "something nice"]);
    assert.match(event.session_id, /^page-/);
    assert.match(String(await page.locator("#toast").textContent()), /^You like /);
    assert.equal(await page.locator("#person-latest img").count(), 1);
    const reasons = page.locator("#fitted .card").first();
    await reasons.getByRole("button", { name: /^Why this/ }).click();
    assert.match(String(await reasons.locator(".reasons").textContent()), /Your words.*Your taste.*Popularity/);
  });
});

test("items that were in view and items that were clicked are told, with the answer and the place", async () => {
  await shop().visit("/?q=coat", async (page, visit) => {
    await answered(page);
    const [search] = visit.of("/v1/search");
    const answer = await search?.answer;
    while (visit.events("impression").length < 3) await page.waitForTimeout(50);
    for (const event of visit.events("impression")) {
      assert.equal(event.query_id, answer.query_id);
      assert.equal(answer.hits[event.position - 1].item_id, event.item_id);
    }
    const told = visit.events("impression").map((event) => event.item_id);
    assert.equal(new Set(told).size, told.length, "each is told once");
    const [, second] = await shownIds(page);
    await page.locator("#fitted .open").nth(1).click();
    await page.locator("#item .telling").waitFor();
    const [click] = visit.events("click");
    assert.deepEqual([click.item_id, click.position, click.query_id], [second, 2, answer.query_id]);
  });
});

test("an item opens, closes with Escape and the back button, and gives the focus back", async () => {
  await shop().visit("/?q=coat", async (page) => {
    await answered(page);
    const [itemId] = await shownIds(page);
    await page.locator("#fitted .open").first().click();
    await page.locator("#item .strip a").first().waitFor();
    const item = await shop().ask(`/v1/items/${itemId}`);
    assert.equal(await page.locator("#item-title").textContent(), item.title);
    assert.equal(new URL(page.url()).searchParams.get("item"), itemId);
    await page.keyboard.press("Escape");
    await page.waitForFunction((id) => /** @type {HTMLAnchorElement} */ (document.activeElement)?.href?.includes(`item=${id}`), itemId);
    await page.waitForURL((url) => !url.searchParams.has("item"));
    await page.goForward();
    await page.locator("#item .telling").waitFor();
    await page.goBack();
    await page.locator("#item").waitFor({ state: "hidden" });
  });
});

test("an item's address can be sent on", async () => {
  const { item_id: itemId } = (await shop().ask("/v1/search", { q: "boots", limit: 1 })).hits[0];
  await shop().visit(`/?item=${itemId}`, async (page) => {
    await page.locator("#item .telling").waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    await page.waitForURL((url) => !url.searchParams.has("item"));
    await answered(page);
  });
});

test("the bag holds what is put into it, and the server is told", async () => {
  await shop().visit("/?q=coat", async (page, visit) => {
    await answered(page);
    await page.locator("#fitted .open").first().click();
    await page.getByRole("button", { name: "Put into the bag" }).click();
    await page.getByRole("button", { name: "Take out of the bag" }).waitFor();
    await asking(page, () => page.keyboard.press("Escape"));
    assert.equal(visit.events("add_to_cart").length, 1);
    assert.equal(await page.locator("#bag-count").textContent(), "1");
    await page.click("#bag");
    assert.equal(await page.locator("#bagged .rows li").count(), 1);
    await asking(page, () => page.locator("#bagged").getByRole("button", { name: /^Take out/ }).click());
    assert.equal(visit.events("remove_from_cart").length, 1);
    await page.getByText("Nothing yet.").waitFor();
  });
});

test("who begins anew is nobody whom the shop knows", async () => {
  await shop().visit("/", async (page, visit) => {
    await answered(page);
    await asking(page, () => page.locator("#fitted .heart").first().click());
    await page.click("#who");
    await asking(page, () => page.getByRole("button", { name: /^Begin anew/ }).click());
    const sessions = new Set(visit.of("/v1/search").map(({ body }) => body.session_id));
    assert.equal(sessions.size, 2);
    assert.equal(await page.locator("#person-latest img").count(), 0);
    assert.equal(await page.locator("#fitted .heart[aria-pressed=true]").count(), 0);
  });
});

test("what was seen can be left out", async () => {
  await shop().visit("/?q=coat", async (page) => {
    await answered(page);
    const [first] = await shownIds(page);
    await asking(page, () => page.locator("#fitted .heart").first().click());
    assert.ok((await shownIds(page)).includes(String(first)));
    await asking(page, () => page.locator("#unseen").check());
    assert.ok(!(await shownIds(page)).includes(String(first)));
  });
});
