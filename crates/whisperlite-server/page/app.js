// @ts-check
// The shop front: the page's controls, each tied to the question that is asked.

import { say } from "./answer.js";
import { frame } from "./frame.js";
import { drawIcons, element, h } from "./dom.js";
import { choosePerson, nameOf, showBag } from "./people.js";
import { beginAnew, doings } from "./person.js";
import { readPicture, takeDropped } from "./picture.js";
import { Rail, sayNarrowed } from "./rail.js";
import { asksForSomething } from "./search.js";
import { ask, open as unlock } from "./server.js";
import { Shop } from "./shop.js";
import { narrowings } from "./state.js";
import { counted, sentence, whole } from "./text.js";

/** @import { Shopper, Store } from "./server.js" */

/** Requests of others that are shown as examples. */
const N_EXAMPLES = 6;
const HINT = "Say it in your own words";

const words = element("q", HTMLInputElement);
const sort = element("sort", HTMLSelectElement);
const file = element("picture", HTMLInputElement);
const rail = element("rail", HTMLElement);
const narrow = element("narrow", HTMLButtonElement);

/** @param {Store} store @param {Shopper[]} shoppers */
function open(store, shoppers) {
  const shop = new Shop(store, {
    put: () => put(shop, side, shoppers),
    count: (facets) => side.count(facets, shop.question),
    beginRequest: () => {
      words.placeholder = "in red, and longer";
      words.focus();
    },
  });
  const side = new Rail(store, () => shop.question, (wanted) => shop.change(wanted));
  welcome(store, shop);
  listen(shop, shoppers);
  put(shop, side, shoppers);
  void shop.search().then(() => shop.showItem());
}

/** Shows the question in the page's controls. @param {Shop} shop @param {Rail} side @param {Shopper[]} shoppers */
function put(shop, side, shoppers) {
  const { question } = shop;
  // What somebody is typing meanwhile stays.
  if (words.dataset.asked !== question.q) words.value = question.q;
  words.dataset.asked = question.q;
  words.placeholder = question.like.length || question.picture ? "in red, and longer" : HINT;
  sort.value = question.sort;
  side.put(question);
  shop.view.narrowed(question, shop.titles, (wanted) => shop.change(wanted));
  const n = narrowings(question);
  sayNarrowed(n);
  element("hero", HTMLElement).hidden = asksForSomething(question) || n > 0 || question.user !== "" || question.sort !== "";
  const inBag = doings(question.user).bag.length;
  element("bag-count", HTMLSpanElement).textContent = inBag === 0 ? "" : whole(inBag);
  showPerson(shop, shoppers);
}

/** @param {Shop} shop @param {Shopper[]} shoppers */
function showPerson(shop, shoppers) {
  const { user } = shop.question;
  const { pictures } = shop.store;
  const shopper = shoppers.find((known) => known.user_id === user);
  const { likes, bag } = doings(user);
  const own = [...new Set([...bag.map((kept) => kept.item_id), ...likes.toReversed()])].map((itemId) => ({ item_id: itemId, title: shop.titles.get(itemId) ?? itemId }));
  const latest = [...own, ...(shopper?.latest ?? [])].slice(0, 4);
  const name = user === "" ? "Yourself" : shopper ? nameOf(shopper) : user;
  element("who-name", HTMLSpanElement).textContent = name;
  element("person-name", HTMLParagraphElement).textContent = name;
  const known = shopper ? `${user}, ${counted(shopper.n_events, "event")}` : user;
  element("person-note", HTMLParagraphElement).textContent = user !== "" ? known
    : own.length ? "This is what the shop knows of you." : "New here: like something, and the next answer knows it.";
  const thumb = (/** @type {{ item_id: string, title: string }} */ item) => {
    const framed = frame(item.item_id, item.title, pictures);
    framed.querySelector("img")?.setAttribute("alt", item.title);
    return h("li", { title: item.title }, framed);
  };
  const list = element("person-latest", HTMLUListElement);
  const key = latest.map((item) => item.item_id).join("\n");
  if (list.dataset.shown === key) return;
  list.dataset.shown = key;
  list.replaceChildren(...latest.map(thumb));
  list.hidden = latest.length === 0;
}

/** @param {Store} store @param {Shop} shop */
function welcome(store, shop) {
  const drawn = store.synthetic ? " A drawn store: its items, prices and shoppers are synthetic." : "";
  element("store", HTMLParagraphElement).textContent = `${counted(store.n_items, "item")} to look through.${drawn}`;
  const example = (/** @type {string} */ request) => h("li", {}, h("button", { type: "button", class: "chip", onclick: () => shop.change({ q: request }) }, request));
  element("examples", HTMLUListElement).replaceChildren(...store.requests.slice(0, N_EXAMPLES).map(example));
  element("pick", HTMLLabelElement).hidden = !store.reads_pictures;
}

/** @param {Shop} shop @param {Shopper[]} shoppers */
function listen(shop, shoppers) {
  element("ask", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    const q = words.value.trim();
    if (q === shop.question.q) void shop.search();
    else shop.change({ q });
  });
  sort.addEventListener("change", () => shop.change({ sort: sort.value }));
  element("more", HTMLButtonElement).addEventListener("click", () => void shop.more());
  element("who", HTMLButtonElement).addEventListener("click", () => {
    const { likes, bag } = doings("");
    choosePerson(shoppers, shop.question.user, shop.store.pictures, likes.length + bag.length, (user) => shop.change({ user }), () => {
      beginAnew();
      shop.change({ user: "" });
      say("Nobody knows you now.");
    });
  });
  element("bag", HTMLButtonElement).addEventListener("click", () => {
    showBag(doings(shop.question.user), shop.store.pictures, (item) => void shop.bag(item, null), (item) => shop.change({ item }));
  });
  listenToPictures(shop);
  listenToNarrow();
}

/** @param {Shop} shop */
function listenToPictures(shop) {
  if (!shop.store.reads_pictures) return;
  const take = async (/** @type {File} */ chosen) => {
    try {
      shop.change({ picture: await readPicture(chosen), like: [] });
    } catch (error) {
      say(sentence(error instanceof Error ? error.message : String(error)));
    }
  };
  file.addEventListener("change", () => {
    const chosen = file.files?.[0];
    file.value = "";
    if (chosen) void take(chosen);
  });
  takeDropped(element("drop", HTMLParagraphElement), (dropped) => void take(dropped));
}

/** On a phone the filters are opened and closed. */
function listenToNarrow() {
  const set = (/** @type {boolean} */ open) => {
    rail.classList.toggle("opened", open);
    narrow.setAttribute("aria-expanded", String(open));
  };
  narrow.addEventListener("click", () => set(!rail.classList.contains("opened")));
  element("done", HTMLButtonElement).addEventListener("click", () => {
    set(false);
    element("title", HTMLHeadingElement).focus();
  });
}

async function begin() {
  const trouble = element("trouble", HTMLDivElement);
  try {
    await unlock();
    const [store, known] = await Promise.all([ask("/page/store"), ask("/page/shoppers")]);
    trouble.hidden = true;
    open(store, known.shoppers);
  } catch (error) {
    const again = h("button", { type: "button", class: "primary", onclick: () => void begin() }, "Try again");
    trouble.hidden = false;
    trouble.replaceChildren(h("h2", {}, "The shop is not open"), h("p", {}, sentence(error instanceof Error ? error.message : String(error))), again);
  }
}

drawIcons();
void begin();
