// @ts-check
// One item, close up: everything that the store says of it, what can be done with it, and what is like it.

import { frame } from "./frame.js";
import { element, h, icon } from "./dom.js";
import { ask } from "./server.js";
import { heading, money, sentence } from "./text.js";
import { why } from "./why.js";

/** @import { Answer, Hit, StoredItem } from "./server.js" */
/** @import { Shown } from "./cards.js" */

/** Items that are like it. */
const N_SIMILAR = 10;
/** Attributes that are nothing about the item. */
const SILENT = ["source"];

/**
 * @typedef {object} Handlers
 * @property {(item: StoredItem, shown: Shown | null) => void} like
 * @property {(item: StoredItem, shown: Shown | null) => void} dislike
 * @property {(item: StoredItem, shown: Shown | null) => void} bag
 * @property {(item: StoredItem, words: string) => void} butDifferent
 * @property {(hit: Hit, position: number, answer: Answer) => void} openSimilar
 * @property {(itemId: string) => string} addressOf
 * @property {(itemId: string) => { liked: boolean, bagged: boolean }} stateOf
 * @property {() => void} close
 */

const dialog = element("item", HTMLDialogElement);
/** Which item is the latest: what comes late of another one is not shown. */
let latest = "";

/** @param {Handlers} handlers @param {boolean} pictures */
export function itemDialog(handlers, pictures) {
  dialog.addEventListener("close", () => handlers.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  return {
    /** @param {string} itemId @param {Shown | null} shown */
    open: (itemId, shown) => open(itemId, shown, handlers, pictures),
    close: () => dialog.open && dialog.close(),
    refresh: () => marks(handlers),
  };
}

function closing() {
  return h("div", { class: "closing" }, h("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close")));
}

/** @param {string} itemId @param {Shown | null} shown @param {Handlers} handlers @param {boolean} pictures */
async function open(itemId, shown, handlers, pictures) {
  latest = itemId;
  dialog.replaceChildren(closing(), h("h2", { id: "item-title", class: "loading" }, "One moment…"));
  if (!dialog.open) dialog.showModal();
  try {
    const path = `/v1/items/${encodeURIComponent(itemId)}`;
    const item = /** @type {StoredItem} */ (await ask(path));
    if (latest !== itemId) return;
    const similar = h("section", { class: "similar", "aria-labelledby": "similar-title" });
    dialog.replaceChildren(closing(), about(item, shown, handlers, pictures), similar);
    marks(handlers);
    dialog.scrollTop = 0;
    const answer = /** @type {Answer} */ (await ask(`${path}/similar?limit=${N_SIMILAR}`));
    if (latest === itemId) similar.replaceChildren(...alike(answer, handlers, pictures));
  } catch (error) {
    if (latest !== itemId) return;
    const said = error instanceof Error ? error.message : String(error);
    dialog.replaceChildren(closing(), h("h2", { id: "item-title" }, "This item cannot be shown"), h("p", { role: "alert" }, sentence(said)));
  }
}

/** @param {StoredItem} item @param {Shown | null} shown @param {Handlers} handlers @param {boolean} pictures */
function about(item, shown, handlers, pictures) {
  const name = item.title || item.text || item.item_id;
  const facts = Object.entries(item.attributes).filter(([field]) => !SILENT.includes(field));
  const act = (/** @type {"like" | "dislike" | "bag"} */ deed) => () => handlers[deed](item, shown);
  const words = h("input", { type: "text", id: "but", maxlength: 500, placeholder: "in red, and longer", autocomplete: "off" });
  const but = h("form", { class: "but", onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    handlers.butDifferent(item, words.value.trim());
  } }, h("label", { for: "but" }, "Like this, but…"), h("span", { class: "joined" }, words, h("button", { type: "submit", class: "tool" }, "Find")));
  const explanation = shown?.hit.explanation;
  return h("div", { class: "about" },
    h("div", { class: "large" }, frame(item.item_id, name, pictures)),
    h("div", { class: "telling" },
      h("p", { class: "path" }, item.category.split(" > ").join(" / ")),
      h("h2", { id: "item-title", tabindex: -1 }, name),
      h("p", { class: "price" }, money(item.price)),
      item.title !== "" && item.text !== "" && h("p", { class: "text" }, item.text),
      h("div", { class: "deeds" },
        h("button", { type: "button", class: "primary", "data-mark": "bag", "data-item": item.item_id, onclick: act("bag") }, icon("bag"), h("span")),
        h("button", { type: "button", class: "tool heart-tool", "data-mark": "like", "data-item": item.item_id, "aria-pressed": "false", onclick: act("like") }, icon("heart"), h("span", {}, "Like")),
        h("button", { type: "button", class: "quiet", onclick: act("dislike") }, "Not for me")),
      but,
      explanation ? h("details", { class: "because-of", open: true }, h("summary", {}, "Why this?"), why(explanation, shown.asked, pictures)) : null),
    facts.length > 0 && h("dl", { class: "attributes" }, ...facts.map(([field, value]) => h("div", {}, h("dt", {}, heading(field)), h("dd", {}, value)))));
}

/** @param {Answer} answer @param {Handlers} handlers @param {boolean} pictures */
function alike(answer, handlers, pictures) {
  if (answer.hits.length === 0) return [];
  const card = (/** @type {Hit} */ hit, /** @type {number} */ rank) => {
    const open = (/** @type {MouseEvent} */ event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      handlers.openSimilar(hit, rank + 1, answer);
    };
    return h("li", {}, h("a", { class: "open", href: handlers.addressOf(hit.item_id), onclick: open },
      frame(hit.item_id, hit.title, pictures), h("span", { class: "title" }, hit.title), h("span", { class: "price" }, money(hit.price))));
  };
  return [h("h3", { id: "similar-title" }, "More like this"), h("ul", { class: "strip", tabindex: 0, "aria-labelledby": "similar-title" }, ...answer.hits.map(card))];
}

/** Shows what the shopper did with the item. @param {Handlers} handlers */
function marks(handlers) {
  for (const button of dialog.querySelectorAll("[data-mark]")) {
    const { liked, bagged } = handlers.stateOf(button.getAttribute("data-item") ?? "");
    if (button.getAttribute("data-mark") === "like") {
      button.setAttribute("aria-pressed", String(liked));
      continue;
    }
    const label = button.querySelector("span");
    if (label) label.textContent = bagged ? "Take out of the bag" : "Put into the bag";
  }
}
