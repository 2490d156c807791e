// What axe-core says of a page.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** @import { Page } from "playwright-core" */
/** @import { Scheme } from "./support.mjs" */

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** All rules in one colour; in the other nothing but the contrast can differ. @type {Record<Scheme, string[]>} */
const RULES = { light: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], dark: ["color-contrast"] };

/** What axe says is wrong with a page as it stands. @param {Page} page @param {Scheme} scheme @returns {Promise<string[]>} */
export async function violations(page, scheme) {
  // Given to the browser from outside, as the page's own rules let no foreign script in; and what moves is looked at when it stands.
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => null))));
  await page.evaluate(AXE);
  return page.evaluate(async (rules) => {
    const { axe } = /** @type {any} */ (globalThis);
    const { violations: found } = await axe.run(document, { runOnly: rules });
    return found.map((/** @type {any} */ rule) => `${rule.id}: ${rule.nodes.map((/** @type {any} */ node) => node.target.join(" ")).join(", ")}`);
  }, RULES[scheme]);
}
