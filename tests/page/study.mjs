// A study from consent to export: three people answer in the browser, by keyboard, on a phone, and with a bad connection; one of them is
// forgotten; and what came out is read.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { violations } from "./axe.mjs";
import { DESKTOP, PHONE, answered, eventually, shop } from "./support.mjs";

/** @import { Page } from "playwright-core" */
/** @import { Scheme } from "./support.mjs" */

const SYSTEMS = ["whisperlite", "whisperlite (search alone)"];
const WORDS = ["red dress", "warm coat", "running shoes", "white shirt", "something for a wedding", "blue jeans", "black boots", "floral skirt", "grey hoodie", "summer dress", "linen trousers", "striped shirt", "party dress", "green jacket"];
/** Tasks of each rater, checks and repeats included. */
const MANY = 40;

/** Everything that is decided before, but for what a test decides. @param {string} name @param {object} arms @param {string} measure @param {string[]} systems */
const designOf = (name, arms, measure, systems) => ({
  format: 1, name, seed: 5, systems, k: 4, arms,
  primary: { measure, system: systems[0], against: systems[1] },
  stopping: { rule: "decisive_votes", planned: 5 },
  raters_per_item: 3, tasks_per_rater: 6, repeated_share: 0.2,
  exclusion: { min_attention_passed: 0, max_too_fast: 1 },
});
const ARMS = {
  pairs: { comparisons: "with_first", aa_per_rater: 1, attention_per_rater: 1, min_dwell_ms: 0 },
  grades: { depth: 4, attention_per_rater: 1, min_dwell_ms_per_item: 0 },
};

/** Makes a study of requests of people whom the shop knows. @param {string} name @param {object} arms @param {string} measure @param {number} raters @param {string[]} systems */
async function study(name, arms, measure, raters, systems = SYSTEMS) {
  const { shoppers } = await shop().ask("/page/shoppers");
  const requests = WORDS.map((request, n) => ({ request, user_id: shoppers[n % shoppers.length].user_id }));
  await shop().ask("/v1/studies", { design: designOf(name, arms, measure, systems), requests });
  const opened = await shop().ask(`/v1/studies/${name}/open`, { raters });
  return opened.links.map((/** @type {{ path: string }} */ link) => link.path);
}

/** @type {Promise<string[]> | null} */
let opened = null;

/** Where a rater's page is. @param {number} rater */
async function link(rater) {
  opened ??= study("autumn", ARMS, "win_rate", 4);
  return (await opened)[rater] ?? "";
}

/** @param {Page} page */
const agree = (page) => page.getByRole("button", { name: "I agree" }).click();

/** Waits for another place of the study. @param {Page} page @param {() => Promise<unknown>} act */
async function saving(page, act) {
  const answered = page.waitForResponse((reply) => reply.url().endsWith("/page/study/answers") && reply.ok());
  await act();
  await answered;
  await page.waitForFunction(() => !document.querySelector("#stage[inert]"));
}

/** Answers what is on the page, by keys alone. @param {Page} page */
async function answerByKeys(page) {
  if (await page.locator(".verdict").count()) return saving(page, () => page.keyboard.press("2"));
  for (let left = await page.locator("fieldset").count(); left > 0; left--) await page.keyboard.press("3");
  return saving(page, () => page.keyboard.press("Enter"));
}

/** Answers what is on the page, as a finger does. @param {Page} page */
async function answerByTaps(page) {
  if (await page.locator(".verdict").count()) return saving(page, () => page.getByRole("button", { name: "Right, by far" }).tap());
  for (const asked of await page.locator("fieldset").all()) await asked.locator("label").nth(1).tap();
  return saving(page, () => page.getByRole("button", { name: "Save and go on" }).tap());
}

/** Answers until there is nothing left. @param {Page} page @param {(page: Page) => Promise<unknown>} answer */
async function answerAll(page, answer) {
  for (let tasks = 0; tasks < MANY; tasks++) {
    if (await page.getByRole("heading", { name: "Thank you!" }).count()) return;
    await answer(page);
  }
  assert.fail("the study has no end");
}

test("somebody takes part by keyboard, stops, goes on elsewhere, and changes their mind", async () => {
  const own = await link(0);
  await shop().visit(own, async (page) => {
    await page.getByText("Before you begin").waitFor();
    await agree(page);
    await page.locator(".request").waitFor();
    await answerByKeys(page);
    await answerByKeys(page);
  });
  await shop().visit(own, async (page, visit) => {
    await page.locator(".request").waitFor();
    assert.equal(await page.locator("#progress").getAttribute("aria-valuenow"), "2", "it goes on where it was left");
    const told = page.waitForResponse(/sitting\?place=1/);
    await page.getByRole("button", { name: "Back to the question before" }).click();
    await told;
    await page.locator(".chosen, input:checked").first().waitFor();
    await answerByKeys(page);
    await answerAll(page, answerByKeys);
    const n = Number(await page.locator("#progress").getAttribute("aria-valuemax"));
    assert.equal(await page.locator("#progress").getAttribute("aria-valuenow"), String(n));
    // Neither what was sent to the page nor the page itself names a system.
    const sent = JSON.stringify(await Promise.all(visit.asked.map(({ answer }) => answer))) + (await page.content());
    for (const system of ["search alone", '"whisperlite"', "attention", '"role"']) assert.ok(!sent.includes(system), system);

    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Get everything that is kept of me" }).click();
    const kept = JSON.parse(readFileSync(await (await download).path(), "utf8"));
    assert.equal(kept.filter((/** @type {{ kind: string }} */ entry) => entry.kind === "answered").length, n + 1, "a changed answer is another one");
  });
});

test("somebody takes part on a phone", async () => {
  await shop().visit(await link(1), async (page) => {
    await page.getByRole("button", { name: "I agree" }).tap();
    await page.locator(".request").waitFor();
    await answerAll(page, answerByTaps);
  }, { viewport: PHONE, hasTouch: true, isMobile: true });
});

test("an answer is not lost when the connection is", async () => {
  await shop().visit(await link(2), async (page, visit) => {
    visit.expected.push(/Failed to load resource|ERR_FAILED|ERR_CONNECTION/);
    // One route from the beginning: a browser goes on for a moment as it did before when a route is put in or taken out.
    let tries_lost = 2;
    await page.route("**/page/study/answers", (route) => (tries_lost-- > 0 ? route.abort() : route.continue()));
    await agree(page);
    await page.locator(".request").waitFor();
    const saved = page.waitForResponse((reply) => reply.url().endsWith("/page/study/answers") && reply.ok());
    await page.getByRole("button", { name: "Both the same" }).click();
    await page.getByText(/Not saved yet/).waitFor();
    await saved;
    await page.locator("#trouble").waitFor({ state: "hidden" });
    assert.equal(await page.locator("#progress").getAttribute("aria-valuenow"), "1");
    // A page that is closed before its answer is saved sends it when it is opened again.
    tries_lost = Infinity;
    await page.keyboard.press("3");
    await page.getByText(/Not saved yet/).waitFor();
    tries_lost = 0;
    await page.reload();
    await eventually(async () => (await page.locator("#progress").getAttribute("aria-valuenow")) === "2", "the answer is saved");
    await answerAll(page, answerByKeys);
  });
});

test("who wants to be forgotten is, and their link opens nothing", async () => {
  await shop().visit(await link(3), async (page, visit) => {
    await agree(page);
    await page.locator(".request").waitFor();
    await answerByKeys(page);
    await page.getByRole("button", { name: "Erase it" }).click();
    await page.getByRole("button", { name: "Keep them" }).click();
    await page.getByRole("button", { name: "Erase it" }).click();
    await page.getByRole("button", { name: "Erase everything" }).click();
    await page.getByRole("heading", { name: "Erased" }).waitFor();
    visit.expected.push(/401/);
    await page.reload();
    await page.getByText(/opens no study/).waitFor();
  });
});

test("what came out is read and exported", async () => {
  const standing = await shop().ask("/v1/studies/autumn");
  assert.equal(standing.joined, 3, "three took part, one was forgotten");
  assert.ok(standing.reached >= standing.planned, `${standing.reached} of ${standing.planned}`);
  await shop().ask("/v1/studies/autumn/close", {});
  const analysis = await shop().ask("/v1/studies/autumn/analysis");
  assert.notEqual(analysis.primary.verdict, "unfinished");
  assert.equal(analysis.simulated, false);
  assert.equal(analysis.results.pairs.aa.n, 3);
  assert.ok(analysis.results.grades.fits.length > 0 && analysis.results.pairs.alpha);
  const votes = await (await fetch(`${shop().url}/v1/studies/autumn/export/votes.csv`)).text();
  const pairs = votes.split("\n").filter((line) => line.includes(",pair,real,"));
  assert.equal(pairs.length, analysis.results.pairs.comparisons[0].votes.reduce((/** @type {number} */ sum, /** @type {number} */ n) => sum + n, 0));
  await shop().visit(await link(0), (page) => page.getByText("The study has ended").waitFor());
});

test("lists are mixed in the shop, and clicks are credit", async () => {
  // Whose lists differ: where they are the same, none is mixed.
  const systems = ["whisperlite", "whisperlite (recommendation alone)"];
  await study("mixed", { interleaving: { system: systems[0], against: systems[1], share_of_visits: 1 } }, "interleaving_delta", 0, systems);
  // A running server finds the open study within a second.
  await new Promise((resolve) => setTimeout(resolve, 1200));
  const { shoppers } = await shop().ask("/page/shoppers");
  for (const words of WORDS.slice(0, 4)) {
    await shop().visit(`/?q=${encodeURIComponent(words)}&user=${shoppers[1].user_id}`, async (page) => {
      await answered(page);
      await page.locator("#fitted .open").nth(1).click();
      await page.locator("#item .telling").waitFor();
    });
  }
  const result = async () => (await shop().ask("/v1/studies/mixed/analysis")).results.interleaving;
  await eventually(async () => (await result()).n_picked === 4, "each click is credit");
  assert.ok((await result()).n_shown >= 4);
  await shop().ask("/v1/studies/mixed/close", {});
});

test("a link that is cut off says so", async () => {
  await shop().visit("/study", (page) => page.getByRole("heading", { name: "This link is not whole" }).waitFor());
});

for (const [size, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  test(`nothing stands in a rater's way: ${size}`, async () => {
    const paths = await study(`access-${size}`, ARMS, "win_rate", 2);
    for (const [place, colorScheme] of /** @type {[number, Scheme][]} */ ([[0, "light"], [1, "dark"]])) {
      await shop().visit(paths[place] ?? "", async (page) => {
        const check = async () => {
          assert.deepEqual(await violations(page, colorScheme), []);
          assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, "nothing is wider than the screen");
        };
        await page.getByText("Before you begin").waitFor();
        await check();
        await agree(page);
        await page.locator(".verdict").waitFor();
        await check();
        while (!(await page.locator(".grading").count())) await answerByKeys(page);
        await check();
        await page.getByRole("button", { name: "Erase it" }).click();
        await check();
        await page.keyboard.press("Escape");
        await answerAll(page, answerByKeys);
        await check();
      }, { viewport, colorScheme, reducedMotion: "reduce" });
    }
    await shop().ask(`/v1/studies/access-${size}/close`, {});
  });
}
