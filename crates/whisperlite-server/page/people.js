// @ts-check
// Who shops: oneself, or one of those who did most in this store.

import { frame } from "./frame.js";
import { element, h, icon } from "./dom.js";
import { money, counted } from "./text.js";

/** @import { Shopper } from "./server.js" */
/** @import { Doings, Kept } from "./person.js" */

/** @param {HTMLDialogElement} dialog */
function closable(dialog) {
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  return () => h("div", { class: "closing" }, h("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close")));
}

const people = element("people", HTMLDialogElement);
const closePeople = closable(people);
const bagged = element("bagged", HTMLDialogElement);
const closeBag = closable(bagged);

/** What somebody mostly chooses, as a name: ids say nothing to people. @param {Shopper} shopper */
export const nameOf = (shopper) => (shopper.likes.length ? shopper.likes.join(" & ") : shopper.user_id);

/**
 * Lets somebody choose who they are.
 * @param {Shopper[]} shoppers @param {string} user @param {boolean} pictures @param {number} n_done what oneself did so far
 * @param {(user: string) => void} choose @param {() => void} beginAnew
 */
export function choosePerson(shoppers, user, pictures, n_done, choose, beginAnew) {
  const chosen = (/** @type {string} */ who) => () => {
    people.close();
    choose(who);
  };
  const thumbs = (/** @type {Shopper} */ shopper) => h("span", { class: "thumbs" },
    ...(pictures ? shopper.latest.map((item) => frame(item.item_id, item.title, pictures)) : []));
  const option = (/** @type {Shopper} */ shopper) => h("li", {},
    h("button", { type: "button", class: "shopper", "aria-pressed": String(shopper.user_id === user), onclick: chosen(shopper.user_id) },
      thumbs(shopper), h("span", { class: "name" }, nameOf(shopper)),
      h("span", { class: "quiet-text" }, counted(shopper.n_events, "event")), h("span", { class: "quiet-text" }, shopper.user_id)));
  const soFar = n_done === 0 ? "Nobody knows you yet. Every click tells the shop a little." : `${counted(n_done, "thing")} done so far in this tab.`;
  people.replaceChildren(closePeople(),
    h("h2", { id: "people-title" }, "Who is shopping?"),
    h("div", { class: "oneself" },
      h("button", { type: "button", class: "shopper self", "aria-pressed": String(user === ""), onclick: chosen("") },
        icon("person"), h("span", { class: "name" }, "Be yourself"), h("span", { class: "quiet-text" }, soFar)),
      n_done > 0 && h("button", { type: "button", class: "quiet", onclick: () => {
        people.close();
        beginAnew();
      } }, "Begin anew as somebody whom nobody knows")),
    ...(shoppers.length ? [h("h3", {}, "Or shop as somebody the shop knows")] : []),
    h("ul", { class: "shoppers" }, ...shoppers.map(option)),
    h("p", { class: "quiet-text" }, "What you do as one of them is stored as theirs."));
  people.showModal();
}

/** Shows the bag. @param {Doings} doings @param {boolean} pictures @param {(item: Kept) => void} takeOut @param {(itemId: string) => void} look */
export function showBag(doings, pictures, takeOut, look) {
  const draw = (/** @type {Kept[]} */ bag) => {
    const row = (/** @type {Kept} */ item) => h("li", {},
      frame(item.item_id, item.title, pictures),
      h("button", { type: "button", class: "as-link", onclick: () => {
        bagged.close();
        look(item.item_id);
      } }, item.title), h("span", { class: "price" }, money(item.price)),
      h("button", { type: "button", class: "quiet", "aria-label": `Take out ${item.title}`, onclick: () => {
        takeOut(item);
        draw(bag.filter((other) => other.item_id !== item.item_id));
      } }, "Take out"));
    const total = bag.reduce((sum, item) => sum + (item.price ?? 0), 0);
    bagged.replaceChildren(closeBag(), h("h2", { id: "bagged-title", tabindex: -1 }, "Your bag"),
      bag.length === 0 ? h("p", { class: "quiet-text" }, "Nothing yet. What you put in here tells the shop most about your taste.") : h("ul", { class: "rows" }, ...bag.map(row)),
      ...(total > 0 ? [h("p", { class: "total" }, h("span", {}, "Together"), h("b", {}, money(total)))] : []));
  };
  draw(doings.bag);
  if (!bagged.open) bagged.showModal();
}
