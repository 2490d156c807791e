// @ts-check
// A list of items: an item that stays keeps its card (and with it the focus), and glides to its new place.

import { Card } from "./cards.js";
import { h } from "./dom.js";

/** @import { Handlers, Shown } from "./cards.js" */

/** Cards that stand for items that are on their way. */
const N_GHOSTS = 12;
const GLIDE = { duration: 450, easing: "cubic-bezier(.2,.7,.2,1)" };

const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Grid {
  /** @type {Map<string, Card>} */
  #cards = new Map();

  /** @param {HTMLOListElement} list @param {Handlers} handlers */
  constructor(list, handlers) {
    this.list = list;
    this.handlers = handlers;
  }

  get size() {
    return this.#cards.size;
  }

  /** Shows that an answer is on its way. */
  wait() {
    this.list.setAttribute("aria-busy", "true");
    if (this.size > 0) return;
    const ghost = () => h("li", { class: "card ghost", "aria-hidden": "true" }, h("span", { class: "frame" }), h("span", { class: "line" }), h("span", { class: "line short" }));
    this.list.replaceChildren(...Array.from({ length: N_GHOSTS }, ghost));
  }

  /** Shows these items, in this order. @param {Shown[]} items */
  show(items) {
    this.list.removeAttribute("aria-busy");
    const before = this.#places();
    const kept = new Map(this.#cards);
    const focused = document.activeElement;
    this.#cards.clear();
    for (const shown of items) {
      const { item_id } = shown.hit;
      const card = kept.get(item_id);
      kept.delete(item_id);
      card?.update(shown);
      this.#cards.set(item_id, card ?? new Card(shown, this.handlers));
    }
    for (const card of kept.values()) card.remove();
    this.list.replaceChildren(...Array.from(this.#cards.values(), (card) => card.element));
    // Putting an element elsewhere takes its focus away.
    if (focused instanceof HTMLElement && this.list.contains(focused)) focused.focus({ preventScroll: true });
    this.#glide(before);
  }

  /** The items that are shown anew, such as when one is liked. @param {(shown: Shown) => Shown} change */
  each(change) {
    for (const card of this.#cards.values()) card.update(change(card.shown));
  }

  /** Puts the focus on an item's link, if it is shown. @param {string} itemId */
  focus(itemId) {
    this.#cards.get(itemId)?.link.focus();
  }

  #places() {
    return new Map(Array.from(this.#cards, ([itemId, card]) => [itemId, card.element.getBoundingClientRect()]));
  }

  /** @param {Map<string, DOMRect>} before */
  #glide(before) {
    if (still.matches || before.size === 0) return;
    for (const [itemId, { element }] of this.#cards) {
      const from = before.get(itemId);
      const to = element.getBoundingClientRect();
      if (!from) element.animate([{ opacity: 0 }, { opacity: 1 }], GLIDE);
      else if (from.x !== to.x || from.y !== to.y) {
        element.animate([{ transform: `translate(${from.x - to.x}px, ${from.y - to.y}px)` }, { transform: "none" }], GLIDE);
      }
    }
  }
}
