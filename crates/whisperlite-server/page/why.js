// @ts-check
// Why an item was found, in words: what the model adds up, and which past items spoke for it.

import { h, svg } from "./dom.js";
import { pictureOf } from "./server.js";

/** @import { Explanation } from "./server.js" */

/** Half of the width of a bar's drawing. */
const HALF = 50;

/** What a part of the score says: the first line whose bound it reaches. */
const SAID = {
  words: [[4, "Your words describe it closely."], [1, "It fits your words."], [-0.5, "Your words hardly decide it."], [-Infinity, "Your words point elsewhere."]],
  taste: [[1.5, "It is very much your taste."], [0.3, "It suits your taste."], [-0.3, "Your taste says neither yes nor no."], [-Infinity, "It is not what you usually choose."]],
  popularity: [[1, "Many people choose it."], [0.3, "It is rather popular."], [-0.3, "It is about as popular as most items."], [-Infinity, "Few people have chosen it so far."]],
};

const NAMES = { words: "Your words", taste: "Your taste", popularity: "Popularity" };

/** @param {keyof typeof SAID} part @param {number} value */
function said(part, value) {
  const line = SAID[part].find(([bound]) => value >= Number(bound));
  return String(line?.[1]);
}

/** @param {number} value */
const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;

/** A bar to the right of the middle, or to the left. @param {number} value @param {number} largest */
function bar(value, largest) {
  const width = (Math.abs(value) / largest) * HALF;
  const drawn = svg("rect", { x: value < 0 ? HALF - width : HALF, y: 0, width, height: 8, class: value < 0 ? "against" : "for" });
  const middle = svg("rect", { x: HALF - 0.4, y: 0, width: 0.8, height: 8, class: "middle" });
  return svg("svg", { class: "bar", viewBox: `0 0 ${2 * HALF} 8`, preserveAspectRatio: "none", "aria-hidden": "true" }, drawn, middle);
}

/**
 * The parts that had a say: words only where something was asked for, taste only where something is known.
 * @param {Explanation} explanation @param {boolean} asked
 */
function parts(explanation, asked) {
  /** @type {(keyof typeof SAID)[]} */
  const names = ["words", "taste", "popularity"];
  return names.filter((name) => (name !== "words" || asked) && (name !== "taste" || explanation.taste !== 0));
}

/**
 * @param {Explanation} explanation
 * @param {boolean} asked whether there were words, a picture or an item to be like
 * @param {boolean} pictures whether the store has pictures
 */
export function why(explanation, asked, pictures) {
  const names = parts(explanation, asked);
  const largest = Math.max(1, ...names.map((name) => Math.abs(explanation[name])));
  const rows = names.map((name) => h("li", {},
    h("span", { class: "part" }, NAMES[name]), bar(explanation[name], largest),
    h("span", { class: "points" }, signed(explanation[name])), h("span", { class: "said" }, said(name, explanation[name]))));
  const because = explanation.past_items.length === 0 ? null : h("div", { class: "because" },
    h("p", {}, "What you chose before speaks for it:"),
    h("ul", {}, ...explanation.past_items.map((past) => h("li", {},
      pictures && h("img", { src: pictureOf(past.item_id), alt: "", width: 36, height: 36, loading: "lazy" }),
      h("span", {}, past.title)))));
  return h("div", { class: "reasons" }, h("ul", { class: "parts" }, ...rows), because);
}
