// @ts-check
// The page: asks the server what the form says, shows what it answers, and tells it what the shopper does.

import { ask } from "./server.js";

/** @import { Answer, Explanation, Hit, Shopper } from "./server.js" */

const N_ITEMS = 12;
/** How the boutique marks what it made. */
const SYNTHETIC = "synthetic boutique";
const SAID_OF_SYNTHETIC = "A drawn store: its items, prices and shoppers are synthetic. Say what you want in your own words.";

/** @template {HTMLElement} T @param {string} id @param {new () => T} kind @returns {T} */
function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no #${id}`);
  return found;
}

const form = element("ask", HTMLFormElement);
const words = element("q", HTMLInputElement);
const shopper = element("shopper", HTMLSelectElement);
const low = element("low", HTMLInputElement);
const high = element("high", HTMLInputElement);
const picture = element("picture", HTMLInputElement);
const beside = element("beside", HTMLInputElement);
const about = element("about", HTMLParagraphElement);
const chips = element("like", HTMLUListElement);
const store = element("store", HTMLParagraphElement);
const status = element("status", HTMLParagraphElement);
const template = element("item", HTMLTemplateElement);

/** Somebody new, until this tab is closed. */
const self = sessionStorage.getItem("whisperlite-self") ?? `page-${crypto.randomUUID()}`;
sessionStorage.setItem("whisperlite-self", self);

/** @type {Map<string, string>} ids and titles of what is asked for is like */
const liked = new Map();
/** @type {Map<string, Shopper>} */
const shoppers = new Map();
/** Which question is the latest: answers to older ones are not shown. */
let latest = 0;

/** The chosen file in base64, if there is one. */
async function pictureData() {
  const file = picture.files?.[0];
  if (!file) return undefined;
  return await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new Error(`${file.name} cannot be read`));
    reader.readAsDataURL(file);
  });
}

/** Conditions on the price as a filter. */
function filter() {
  const conditions = [];
  if (low.value !== "") conditions.push(`price >= ${Number(low.value)}`);
  if (high.value !== "") conditions.push(`price <= ${Number(high.value)}`);
  return conditions.length ? conditions.join(" AND ") : undefined;
}

async function search() {
  const question = ++latest;
  status.textContent = "Searching …";
  try {
    const asked = { q: words.value.trim(), like: [...liked.keys()], image: await pictureData(), filter: filter(), limit: N_ITEMS };
    const person = shopper.value === "" ? { session_id: self } : { user_id: shopper.value };
    const fitted = ask("/v1/search", { ...asked, ...person, explain: true });
    const plain = beside.checked ? ask("/v1/search", asked) : Promise.resolve(null);
    const answers = /** @type {[Answer, Answer | null]} */ (await Promise.all([fitted, plain]));
    if (question !== latest) return;
    show(answers[0], "fitted");
    element("plain-section", HTMLElement).hidden = answers[1] === null;
    element("answers", HTMLDivElement).classList.toggle("two", answers[1] !== null);
    if (answers[1]) show(answers[1], "plain");
    const { hits, notes, processing_time_ms } = answers[0];
    const found = `${hits.length} items in ${processing_time_ms.toFixed(0)} ms.`;
    status.textContent = [found, ...notes.map((note) => sentence(note.message))].join(" ");
    if (hits.some((hit) => hit.attributes.source === SYNTHETIC)) store.textContent = SAID_OF_SYNTHETIC;
  } catch (error) {
    if (question === latest) status.textContent = error instanceof Error ? error.message : String(error);
  }
}

/** @param {string} message */
function sentence(message) {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}

/** @param {Answer} answer @param {string} list */
function show(answer, list) {
  const items = answer.hits.map((hit, index) => card(hit, index + 1, answer.query_id));
  element(list, HTMLOListElement).replaceChildren(...items);
}

/** @param {Hit} hit @param {number} position @param {string} queryId */
function card(hit, position, queryId) {
  const item = /** @type {HTMLElement} */ (template.content.cloneNode(true));
  /** @template {Element} T @param {string} selector @returns {T} */
  const part = (selector) => /** @type {T} */ (item.querySelector(selector));
  part("h3").textContent = hit.title;
  const price = hit.price === null ? "" : hit.price.toFixed(2);
  part(".quiet").textContent = [hit.category.split(" > ").at(-1), price].filter(Boolean).join(" · ");
  const image = /** @type {HTMLImageElement} */ (part("img"));
  image.addEventListener("load", () => { image.hidden = false; });
  image.src = `/page/pictures/${encodeURIComponent(hit.item_id)}`;
  if (hit.explanation) explain(part("details"), hit.explanation);
  part(".like").addEventListener("click", () => {
    liked.set(hit.item_id, hit.title);
    showLiked();
    words.focus();
    void search();
  });
  part(".like").setAttribute("aria-label", `Like ${hit.title}, but …`);
  part(".view").setAttribute("aria-label", `I like ${hit.title}`);
  part(".view").addEventListener("click", () => void tell(hit, position, queryId));
  return item;
}

/** @param {Element} details @param {Explanation} explanation */
function explain(details, explanation) {
  const parts = /** @type {const} */ (["words", "taste", "popularity"]);
  const rows = parts.flatMap((name) => {
    const [term, value] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    value.textContent = explanation[name].toFixed(2);
    return [term, value];
  });
  details.querySelector("dl")?.replaceChildren(...rows);
  const past = explanation.past_items.map((item) => item.title).join("; ");
  const line = details.querySelector(".past");
  if (line) line.textContent = past === "" ? "" : `Because of ${past}`;
  details.removeAttribute("hidden");
}

/** Somebody likes an item: the next answer knows it. @param {Hit} hit @param {number} position @param {string} queryId */
async function tell(hit, position, queryId) {
  const person = shopper.value === "" ? { session_id: self } : { user_id: shopper.value };
  const event = { type: "like", item_id: hit.item_id, query_id: queryId, position, event_id: crypto.randomUUID(), ...person };
  try {
    await ask("/v1/events", words.value.trim() === "" ? event : { ...event, request: words.value.trim() });
    await search();
  } catch (error) {
    status.textContent = error instanceof Error ? error.message : String(error);
  }
}

function showLiked() {
  const buttons = [...liked].map(([id, title]) => {
    const [place, button] = [document.createElement("li"), document.createElement("button")];
    button.type = "button";
    button.textContent = `like: ${title} ×`;
    button.setAttribute("aria-label", `No longer like ${title}`);
    button.addEventListener("click", () => {
      liked.delete(id);
      showLiked();
      void search();
    });
    place.append(button);
    return place;
  });
  chips.replaceChildren(...buttons);
}

function showShopper() {
  const chosen = shoppers.get(shopper.value);
  about.textContent = chosen ? `Of late: ${chosen.latest.join("; ")}` : "Somebody new: what you like here changes the next answer.";
}

async function begin() {
  const options = [new Option("yourself, new here", "")];
  const known = /** @type {{ shoppers: Shopper[] }} */ (await ask("/page/shoppers"));
  for (const person of known.shoppers) {
    shoppers.set(person.user_id, person);
    options.push(new Option(`${person.user_id} (${person.n_events} events)`, person.user_id));
  }
  shopper.replaceChildren(...options);
  showShopper();
  await search();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void search();
});
shopper.addEventListener("change", () => {
  showShopper();
  void search();
});
for (const input of [beside, picture, low, high]) input.addEventListener("change", () => void search());

begin().catch((error) => {
  status.textContent = error instanceof Error ? error.message : String(error);
});
