// For everybody: axe finds nothing to complain about in any state, in both colours, on a desktop and on a phone; and all can be
// done with the keyboard.

import assert from "node:assert/strict";
import { test } from "node:test";

import { violations } from "./axe.mjs";
import { DESKTOP, PHONE, answered, asking, shop } from "./support.mjs";

/** @import { Page } from "playwright-core" */
/** @import { Scheme } from "./support.mjs" */

/** @param {Page} page @param {string} name */
async function open(page, name) {
  await answered(page);
  const narrow = page.locator("#narrow");
  if (name === "filters" && (await narrow.isVisible())) await narrow.click();
}

/** Every state of the pages: where it is, and what brings it about. @type {Record<string, [string, (page: Page) => Promise<unknown>]>} */
const STATES = {
  home: ["/", (page) => open(page, "home")],
  answer: ["/?q=red+dress&n=48", async (page) => {
    await open(page, "answer");
    await page.getByRole("button", { name: /^Why this/ }).first().click();
  }],
  filters: ["/?q=dress&f.category=Dresses&low=10&like=boutique-0000001", (page) => open(page, "filters")],
  beside: ["/?q=shoes&beside=1", (page) => open(page, "beside")],
  item: ["/?q=red+dress", async (page) => {
    await open(page, "item");
    await page.locator("#fitted .open").first().click();
    await page.locator("#item .strip a").first().waitFor();
  }],
  people: ["/", async (page) => {
    await open(page, "people");
    await page.click("#who");
  }],
  bag: ["/", async (page) => {
    await open(page, "bag");
    await asking(page, () => page.locator("#fitted .heart").first().click());
    await page.click("#bag");
  }],
  empty: ["/?low=90000", (page) => page.getByRole("heading", { name: "Nothing here" }).waitFor()],
  trouble: ["/?like=nothing", (page) => page.getByRole("heading", { name: "That did not work" }).waitFor()],
  dashboard: ["/dashboard", (page) => page.locator("#boards").waitFor()],
};

for (const [size, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  for (const colorScheme of /** @type {Scheme[]} */ (["light", "dark"])) {
    test(`nothing stands in anybody's way: ${size}, ${colorScheme}`, async (context) => {
      for (const [name, [at, bringAbout]] of Object.entries(STATES)) {
        await context.test(name, async () => {
          await shop().visit(at, async (page, visit) => {
            if (name === "trouble") visit.expected.push(/404/);
            await bringAbout(page);
            assert.deepEqual(await violations(page, colorScheme), []);
            assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, "nothing is wider than the screen");
          }, { viewport, colorScheme, reducedMotion: "reduce" });
        });
      }
    });
  }
}

test("everything is reached with the keyboard, and the focus is seen", async () => {
  await shop().visit("/", async (page) => {
    await answered(page);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Skip to the items");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "answers");
    await page.keyboard.press("Tab");
    const seen = await page.evaluate(() => {
      const focused = document.activeElement;
      return focused && { kind: focused.className, outline: getComputedStyle(focused).outlineStyle };
    });
    assert.deepEqual(seen, { kind: "open", outline: "solid" });
    await page.keyboard.press("Enter");
    await page.locator("#item .telling").waitFor();
    await page.keyboard.press("Escape");
    await page.locator("#item").waitFor({ state: "hidden" });
  });
});

test("who wants no motion gets none", async () => {
  await shop().visit("/", async (page) => {
    await answered(page);
    await asking(page, () => page.locator("#fitted .heart").first().click());
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  }, { reducedMotion: "reduce" });
});

test("the colours are changed by hand, and stay so", async () => {
  await shop().visit("/", async (page) => {
    await answered(page);
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    const change = page.getByRole("button", { name: /^Colours/ });
    await change.click();
    assert.equal(await ground(), light, "light by hand is light");
    await change.click();
    const dark = await ground();
    assert.notEqual(dark, light);
    await page.goto(`${shop().url}/dashboard`);
    await page.locator("#boards").waitFor();
    assert.equal(await ground(), dark);
  });
});
