// @ts-check
// An item in a list.

import { forget, watch } from "./deeds.js";
import { h, icon } from "./dom.js";
import { frame } from "./frame.js";
import { counted, money, shortCategory } from "./text.js";
import { why } from "./why.js";

/** @import { Hit } from "./server.js" */
/** @import { Place } from "./deeds.js" */

/**
 * An item as it is shown.
 * @typedef {object} Shown
 * @property {Hit} hit
 * @property {Place} place
 * @property {string} user who sees it
 * @property {boolean} asked whether something was asked for
 * @property {boolean} pictures whether the store has pictures
 * @property {boolean} liked
 * @property {number | null} plainRank its place in the answer to the words alone, 0 if it has none there; null: not compared
 */
/**
 * What can be done with it.
 * @typedef {object} Handlers
 * @property {(shown: Shown) => void} open
 * @property {(shown: Shown) => void} like
 * @property {(shown: Shown) => void} butDifferent
 * @property {(shown: Shown) => string} addressOf
 */

/** The card that says why, if one does. @type {Card | null} */
let saying = null;

/** A card that can be shown again at another place. */
export class Card {
  /** @param {Shown} shown @param {Handlers} handlers */
  constructor(shown, handlers) {
    this.shown = shown;
    this.handlers = handlers;
    const { hit, pictures } = shown;
    this.link = h("a", { class: "open", onclick: (/** @type {MouseEvent} */ event) => this.#open(event) },
      frame(hit.item_id, hit.title, pictures), h("span", { class: "title" }, hit.title));
    this.heart = h("button", { type: "button", class: "heart", "aria-label": `Like ${hit.title}`, onclick: () => handlers.like(this.shown) }, icon("heart"));
    this.moved = h("p", { class: "moved", hidden: true });
    this.reasons = h("div", { class: "why", hidden: true });
    this.ask = h("button", {
      type: "button", class: "quiet", "aria-expanded": "false", "aria-label": `Why this? ${hit.title}`,
      onclick: () => this.#explain(this.reasons.hidden),
    }, "Why this?");
    const but = h("button", {
      type: "button", class: "quiet", "aria-label": `Like this, but …: ${hit.title}`, onclick: () => handlers.butDifferent(this.shown),
    }, "Like this, but…");
    const facts = h("p", { class: "facts" }, h("span", { class: "price" }, money(hit.price)), h("span", { class: "category" }, shortCategory(hit.category)));
    this.element = h("li", { class: "card" }, h("h3", {}, this.link), facts, this.moved, h("div", { class: "acts" }, this.ask, but, this.reasons), this.heart);
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.reasons.hidden) return;
      this.#explain(false);
      this.ask.focus();
    });
    this.update(shown);
  }

  /** @param {MouseEvent} event */
  #open(event) {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    this.handlers.open(this.shown);
  }

  /** @param {boolean} open */
  #explain(open) {
    const { explanation } = this.shown.hit;
    if (open && saying && saying !== this) saying.#explain(false);
    if (open || saying === this) saying = open ? this : null;
    this.reasons.hidden = !open;
    this.ask.setAttribute("aria-expanded", String(open));
    if (open && explanation) this.reasons.replaceChildren(why(explanation, this.shown.asked, this.shown.pictures));
  }

  /** @param {Shown} shown */
  update(shown) {
    this.shown = shown;
    this.link.href = this.handlers.addressOf(shown);
    this.heart.setAttribute("aria-pressed", String(shown.liked));
    this.ask.hidden = !shown.hit.explanation;
    if (!this.reasons.hidden) this.#explain(true);
    this.#compare(shown.plainRank, shown.place.position);
    watch(this.element, shown.hit.item_id, shown.user, shown.place);
  }

  /** @param {number | null} plainRank @param {number} rank */
  #compare(plainRank, rank) {
    this.moved.hidden = plainRank === null || plainRank === rank;
    if (plainRank === null) return;
    const climbed = plainRank - rank;
    this.moved.className = `moved ${plainRank === 0 ? "new" : climbed > 0 ? "up" : "down"}`;
    if (plainRank === 0) this.moved.textContent = "Here because of you";
    else this.moved.textContent = `${climbed > 0 ? "▲" : "▼"} ${counted(Math.abs(climbed), "place")}`;
  }

  remove() {
    forget(this.element);
    this.element.remove();
  }
}
