// What somebody asks for: words, filters, prices, order, a picture, another item, another shopper; and the way back.

import assert from "node:assert/strict";
import { test } from "node:test";

import { answered, asking, shop, shownIds } from "./support.mjs";

test("words are answered with items, and the back button goes back to those before", async () => {
  await shop().visit("/", async (page) => {
    await answered(page);
    assert.equal(await page.locator("#fitted .card").count(), 24);
    assert.ok(await page.locator("#hero").isVisible());
    const popular = await shownIds(page);
    await page.fill("#q", "red dress");
    await asking(page, () => page.keyboard.press("Enter"));
    assert.equal(await page.locator("#title").textContent(), "“red dress”");
    assert.equal(new URL(page.url()).searchParams.get("q"), "red dress");
    assert.match(String(await page.locator("#status").textContent()), /^24 items, and more in \d+ ms\./);
    const found = await shownIds(page);
    const told = await shop().ask("/v1/search", { q: "red dress", limit: 24, exclude_seen: false });
    assert.deepEqual(found, told.hits.map((/** @type {{ item_id: string }} */ hit) => hit.item_id));
    await asking(page, () => page.goBack());
    assert.deepEqual(await shownIds(page), popular);
    assert.equal(await page.inputValue("#q"), "");
    await asking(page, () => page.goForward());
    assert.deepEqual(await shownIds(page), found);
  });
});

test("a facet narrows the answer, counts what is left, and is taken away again", async () => {
  await shop().visit("/?q=dress", async (page) => {
    await answered(page);
    const facet = page.locator(".facet", { has: page.getByRole("heading", { name: "Colour", exact: true }) });
    if ((await facet.getAttribute("open")) === null) await facet.locator("summary").click();
    const row = facet.locator("li").first();
    const value = String(await row.locator(".value").textContent());
    const count = Number(await row.locator(".count").textContent());
    await asking(page, () => row.locator("input").check());
    assert.equal(new URL(page.url()).searchParams.get("f.colour"), value);
    for (const itemId of await shownIds(page)) assert.equal((await shop().ask(`/v1/items/${itemId}`)).attributes.colour, value);
    const told = await shop().ask("/v1/search", { q: "dress", filter: `colour = "${value}"`, limit: 1000 });
    assert.equal(told.hits.length, count);
    assert.ok((await facet.locator("li").count()) > 1, "other values can still be chosen");
    await asking(page, () => page.getByRole("button", { name: `Take away: Colour: ${value}` }).click());
    assert.equal(new URL(page.url()).searchParams.get("f.colour"), null);
    assert.ok(!(await row.locator("input").isChecked()));
  });
});

test("prices are bounded and sorted", async () => {
  await shop().visit("/?q=dress", async (page) => {
    await answered(page);
    await asking(page, async () => {
      await page.fill("#low", "30");
      await page.keyboard.press("Tab");
    });
    await asking(page, async () => {
      await page.fill("#high", "60");
      await page.keyboard.press("Tab");
    });
    await asking(page, () => page.selectOption("#sort", "price_asc"));
    const prices = (await page.locator("#fitted .price").allTextContents()).map(Number);
    assert.ok(prices.length > 1);
    assert.deepEqual(prices, [...prices].sort((a, b) => a - b));
    assert.ok(prices.every((price) => price >= 30 && price <= 60), String(prices));
    assert.ok(await page.locator("#variety").isDisabled(), "variety is about relevance");
  });
});

test("more items come below, none of them again, and a reload keeps them", async () => {
  await shop().visit("/?q=shoes", async (page) => {
    await answered(page);
    const first = await shownIds(page);
    await page.click("#more");
    await page.locator("#fitted .card").nth(47).waitFor();
    const all = await shownIds(page);
    assert.deepEqual(all.slice(0, 24), first);
    assert.equal(new Set(all).size, 48);
    const focused = await page.evaluate(() => /** @type {HTMLAnchorElement} */ (document.activeElement).href);
    assert.equal(new URL(focused).searchParams.get("item"), all[24], "the focus goes on with the first new item");
    await page.reload();
    await answered(page);
    assert.deepEqual(await shownIds(page), all);
  });
});

test("the dial at its beginning is the answer to the words alone, which stands beside", async () => {
  const { shoppers } = await shop().ask("/page/shoppers");
  const user = shoppers[0].user_id;
  await shop().visit(`/?q=something+warm&beside=1&user=${user}`, async (page) => {
    await answered(page);
    assert.ok(await page.getByRole("heading", { name: "Words only" }).isVisible());
    const plain = await shownIds(page, "#plain");
    assert.notDeepEqual(await shownIds(page), plain);
    assert.ok((await page.locator("#fitted .moved:visible").count()) > 0, "what moved says so");
    await asking(page, () => page.locator("#dial").fill("0"));
    assert.deepEqual(await shownIds(page), plain);
    assert.equal(await page.locator("#dial").getAttribute("aria-valuetext"), "words alone");
    await asking(page, () => page.locator("#beside").uncheck());
    assert.ok(!(await page.getByRole("heading", { name: "Words only" }).isVisible()));
  });
});

test("variety puts other items beside the best", async () => {
  await shop().visit("/?q=dress", async (page, visit) => {
    await answered(page);
    const before = await shownIds(page);
    await asking(page, () => page.locator("#variety").fill("0.8"));
    assert.equal(visit.of("/v1/search").at(-1)?.body.diversity, 0.8);
    assert.notDeepEqual(await shownIds(page), before);
  });
});

test("a shopper whom the store knows gets other answers", async () => {
  await shop().visit("/?q=shoes", async (page) => {
    await answered(page);
    const asNobody = await shownIds(page);
    await page.click("#who");
    const option = page.locator(".shoppers .shopper").nth(1);
    const name = await option.locator(".name").textContent();
    await asking(page, () => option.click());
    assert.notDeepEqual(await shownIds(page), asNobody);
    assert.equal(await page.locator("#who-name").textContent(), name);
    assert.equal(await page.locator("#person-latest img").count(), 3);
    await asking(page, () => page.goBack());
    assert.deepEqual(await shownIds(page), asNobody);
  });
});

test("a picture is found by itself, from a file and dropped onto the page", async () => {
  const [{ item_id: itemId }] = (await shop().ask("/v1/search", { q: "boots", limit: 1 })).hits;
  await shop().visit("/", async (page, visit) => {
    await answered(page);
    await asking(page, () => page.setInputFiles("#picture", shop().pictureFile(itemId)));
    assert.ok((await shownIds(page)).slice(0, 5).includes(itemId));
    assert.match(visit.of("/v1/search").at(-1)?.body.image, /^data:image\/jpeg;base64,/);
    await page.getByRole("button", { name: "Take away: Your picture" }).waitFor();
    await page.fill("#q", "in black");
    await asking(page, () => page.keyboard.press("Enter"));
    await asking(page, () => page.goBack());
    assert.ok((await shownIds(page)).slice(0, 5).includes(itemId), "the browser's history keeps the picture");

    await asking(page, () => page.getByRole("button", { name: "Take away: Your picture" }).click());
    const bytes = await (await fetch(`${shop().url}/page/pictures/${itemId}`)).arrayBuffer();
    await asking(page, () => page.evaluate((data) => {
      const file = new File([Uint8Array.from(data)], "dropped.png", { type: "image/png" });
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(file);
      dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
    }, [...new Uint8Array(bytes)]));
    assert.ok((await shownIds(page)).slice(0, 5).includes(itemId));
  });
});

test("a file that is no picture is said to be none", async () => {
  await shop().visit("/", async (page) => {
    await answered(page);
    await page.setInputFiles("#picture", { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no picture") });
    await page.getByText("notes.txt is no picture that this browser reads").waitFor();
  });
});

test("like this, but different, begins from an item", async () => {
  await shop().visit("/?q=boots", async (page, visit) => {
    await answered(page);
    const [begun] = await shownIds(page);
    await asking(page, () => page.locator("#fitted .card").first().getByRole("button", { name: /^Like this, but/ }).click());
    assert.ok(!(await shownIds(page)).includes(String(begun)), "what one starts from is no answer");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "q", "the words can be said at once");
    await page.fill("#q", "in black");
    await asking(page, () => page.keyboard.press("Enter"));
    assert.deepEqual(visit.of("/v1/search").at(-1)?.body.like, [begun]);
    assert.equal(await page.locator("#title").textContent(), "Like this, but “in black”");
  });
});
