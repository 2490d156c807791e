// @ts-check
// What narrows an answer, and how it is made: facets with counts, prices, and the dials.

import { element, h } from "./dom.js";
import { counted, heading, whole } from "./text.js";

/** @import { Facet, FacetValue, Store } from "./server.js" */
/** @import { Question } from "./state.js" */

/** Values of a facet that are shown before somebody asks for all. */
const N_VALUES = 7;
/** Facets that stand open at first. */
const N_OPEN = 3;
/** Fields whose values are colours, which can be shown. */
const COLOURS = /colou?r/i;

const dial = element("dial", HTMLInputElement);
const variety = element("variety", HTMLInputElement);
const beside = element("beside", HTMLInputElement);
const unseen = element("unseen", HTMLInputElement);
const low = element("low", HTMLInputElement);
const high = element("high", HTMLInputElement);
const place = element("facets", HTMLDivElement);

/** @param {string} value */
function swatch(value) {
  const drawn = h("span", { class: "swatch", "aria-hidden": "true" });
  if (CSS.supports("color", value)) drawn.style.setProperty("--swatch", value);
  else drawn.classList.add("many");
  return drawn;
}

/** The values of one field, to choose from. */
class Group {
  /** @param {string} field @param {boolean} open @param {(field: string, value: string, chosen: boolean) => void} choose */
  constructor(field, open, choose) {
    this.field = field;
    this.choose = choose;
    this.all = false;
    /** @type {Map<string, HTMLLIElement>} */
    this.rows = new Map();
    /** @type {[FacetValue[], string[]]} */
    this.last = [[], []];
    this.list = h("ul", { class: "values" });
    this.chosen = h("span", { class: "chosen" });
    this.more = h("button", { type: "button", class: "quiet", onclick: () => {
      this.all = !this.all;
      this.show(...this.last);
    } });
    this.element = h("details", { class: "panel facet", open, hidden: true },
      h("summary", {}, h("h2", {}, heading(field)), this.chosen), this.list, this.more);
  }

  /** @param {FacetValue[]} values @param {string[]} chosen */
  show(values, chosen) {
    this.last = [values, chosen];
    const lacking = chosen.filter((value) => !values.some((found) => found.value === value)).map((value) => ({ value, count: 0 }));
    const shown = [...values.filter((found, rank) => this.all || rank < N_VALUES || chosen.includes(found.value)), ...lacking];
    const focused = document.activeElement;
    this.list.replaceChildren(...shown.map((found) => this.#row(found, chosen.includes(found.value))));
    if (focused instanceof HTMLElement && this.list.contains(focused)) focused.focus({ preventScroll: true });
    this.element.hidden = shown.length === 0;
    this.more.hidden = values.length <= N_VALUES;
    this.more.textContent = this.all ? "Fewer" : `All ${whole(values.length)}`;
    this.chosen.textContent = chosen.length ? whole(chosen.length) : "";
    this.chosen.setAttribute("aria-label", chosen.length ? `${chosen.length} chosen` : "");
  }

  /** @param {FacetValue} found @param {boolean} chosen */
  #row({ value, count }, chosen) {
    const row = this.rows.get(value) ?? this.#newRow(value);
    const box = row.querySelector("input");
    if (box) box.checked = chosen;
    const number = row.querySelector(".count");
    if (number) number.textContent = whole(count);
    return row;
  }

  /** @param {string} value */
  #newRow(value) {
    const box = h("input", { type: "checkbox", onchange: () => this.choose(this.field, value, box.checked) });
    const row = h("li", {}, h("label", { class: "check" }, box, COLOURS.test(this.field) && swatch(value), h("span", { class: "value" }, value), h("span", { class: "count" })));
    this.rows.set(value, row);
    return row;
  }
}

export class Rail {
  /** @type {Group[]} */
  #groups;

  /** @param {Store} store @param {() => Question} current @param {(change: Partial<Question>) => void} change */
  constructor(store, current, change) {
    const choose = (/** @type {string} */ field, /** @type {string} */ value, /** @type {boolean} */ wanted) => {
      const { [field]: before = [], ...others } = current().chosen;
      const now = wanted ? [...before, value] : before.filter((other) => other !== value);
      change({ chosen: now.length ? { ...others, [field]: now } : others });
    };
    this.#groups = store.facets.map((field, rank) => new Group(field, rank < N_OPEN, choose));
    place.replaceChildren(...this.#groups.map((group) => group.element));
    element("price-panel", HTMLElement).hidden = store.prices === null;
    if (store.prices) {
      low.placeholder = whole(Math.floor(store.prices.low));
      high.placeholder = whole(Math.ceil(store.prices.high));
    }
    if (!store.dated) element("sort", HTMLSelectElement).querySelector("[value=newest]")?.remove();
    const number = (/** @type {HTMLInputElement} */ input) => (input.value === "" ? null : Math.max(0, Number(input.value)));
    for (const input of [low, high]) input.addEventListener("change", () => change({ low: number(low), high: number(high) }));
    dial.addEventListener("change", () => change({ personalization: Number(dial.value) }));
    variety.addEventListener("change", () => change({ diversity: Number(variety.value) }));
    beside.addEventListener("change", () => change({ beside: beside.checked }));
    unseen.addEventListener("change", () => change({ unseen: unseen.checked }));
    for (const input of [dial, variety]) input.addEventListener("input", () => say());
  }

  /** Shows what is asked for. @param {Question} question */
  put(question) {
    dial.value = String(question.personalization);
    variety.value = String(question.diversity);
    variety.disabled = question.sort !== "";
    beside.checked = question.beside;
    unseen.checked = question.unseen;
    low.value = question.low === null ? "" : String(question.low);
    high.value = question.high === null ? "" : String(question.high);
    say();
  }

  /** Shows what the answer counted. @param {Record<string, Facet>} facets @param {Question} question */
  count(facets, question) {
    for (const group of this.#groups) {
      const values = facets[group.field]?.values ?? [];
      const outermost = values.filter((value) => value.level === 1).length;
      // A category that holds everything tells nothing apart.
      const telling = values.filter((value) => !(value.level === 1 && outermost === 1));
      group.show(telling, question.chosen[group.field] ?? []);
    }
  }
}

function say() {
  const share = Math.round(Number(dial.value) * 100);
  dial.setAttribute("aria-valuetext", share === 0 ? "words alone" : `${share} % of your taste`);
  const different = Math.round(Number(variety.value) * 100);
  variety.setAttribute("aria-valuetext", different === 0 ? "best matches" : `${different} % variety`);
}

/** How many conditions there are, for the button that opens the rail on a phone. @param {number} n */
export function sayNarrowed(n) {
  element("narrow-name", HTMLSpanElement).textContent = n === 0 ? "Filters" : `Filters (${counted(n, "chosen", "chosen")})`;
}
