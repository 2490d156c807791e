// @ts-check
// What is being asked for: all of it stands in the address, so that the back button works and a view can be sent on.

/**
 * @typedef {object} Question
 * @property {string} q the request's words
 * @property {string[]} like ids of items that what is asked for is like
 * @property {Record<string, string[]>} chosen values chosen of each field
 * @property {number | null} low lowest price
 * @property {number | null} high highest price
 * @property {string} sort by relevance where it is empty
 * @property {number} personalization 0 (words alone) to 1
 * @property {number} diversity 0 to 1
 * @property {boolean} unseen whether what the shopper touched is left out
 * @property {boolean} beside whether the answer to the words alone stands beside
 * @property {string} user the shopper; oneself where it is empty
 * @property {number} shown how many items are shown
 * @property {string} item the item that is looked at, if any
 * @property {Picture | null} picture not in the address, but in the browser's history
 */
/** @typedef {{ name: string, data: string }} Picture `data` is a `data:` address */

/** Items of a page. */
export const PAGE = 24;
/** How the taste and the words share an answer, if nobody turns the dial. */
const FULL = 1;

/** @returns {Question} */
export function blank() {
  return {
    q: "", like: [], chosen: {}, low: null, high: null, sort: "", personalization: FULL, diversity: 0,
    unseen: false, beside: false, user: "", shown: PAGE, item: "", picture: null,
  };
}

/** @param {string | null} text @param {number} least @param {number} most */
function number(text, least, most) {
  const value = text === null || text.trim() === "" ? NaN : Number(text);
  return Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : null;
}

/** Reads an address. @param {string} search @param {unknown} kept the browser's history @returns {Question} */
export function read(search, kept) {
  const address = new URLSearchParams(search);
  /** @type {Record<string, string[]>} */
  const chosen = {};
  for (const [name, value] of address) {
    if (name.startsWith("f.") && value) (chosen[name.slice(2)] ??= []).push(value);
  }
  return {
    q: (address.get("q") ?? "").slice(0, 2000),
    like: address.getAll("like").filter(Boolean).slice(0, 10),
    chosen,
    low: number(address.get("low"), 0, Infinity),
    high: number(address.get("high"), 0, Infinity),
    sort: address.get("sort") ?? "",
    personalization: number(address.get("you"), 0, 1) ?? FULL,
    diversity: number(address.get("variety"), 0, 1) ?? 0,
    unseen: address.has("new"),
    beside: address.has("beside"),
    user: address.get("user") ?? "",
    shown: Math.round(number(address.get("n"), PAGE, 960) ?? PAGE),
    item: address.get("item") ?? "",
    picture: pictureIn(kept),
  };
}

/** @param {unknown} kept @returns {Picture | null} */
function pictureIn(kept) {
  const picture = /** @type {{ picture?: Picture } | null} */ (kept)?.picture;
  return picture && typeof picture.data === "string" ? picture : null;
}

/** The address of a question. @param {Question} question */
export function address(question) {
  const written = new URLSearchParams();
  /** @param {string} name @param {string | number | null} value @param {string | number | null} [usual] */
  const put = (name, value, usual = "") => {
    if (value !== usual && value !== null && value !== "") written.append(name, String(value));
  };
  put("q", question.q);
  question.like.forEach((itemId) => put("like", itemId));
  for (const [field, values] of Object.entries(question.chosen)) values.forEach((value) => put(`f.${field}`, value));
  put("low", question.low);
  put("high", question.high);
  put("sort", question.sort);
  put("you", question.personalization, FULL);
  put("variety", question.diversity, 0);
  if (question.unseen) put("new", 1);
  if (question.beside) put("beside", 1);
  put("user", question.user);
  put("n", question.shown, PAGE);
  put("item", question.item);
  const text = written.toString();
  return text === "" ? location.pathname : `?${text}`;
}

/** @param {string} text */
const quoted = (text) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n").replaceAll("\t", "\\t")}"`;

/**
 * The question's conditions as a filter; one field may be left out, to count what else it could be.
 * @param {Question} question @param {string} [without]
 */
export function filterOf(question, without) {
  const conditions = [];
  for (const [field, values] of Object.entries(question.chosen)) {
    if (field !== without && values.length) conditions.push(`${quoted(field)} IN [${values.map(quoted).join(", ")}]`);
  }
  if (question.low !== null) conditions.push(`price >= ${question.low}`);
  if (question.high !== null) conditions.push(`price <= ${question.high}`);
  return conditions.length ? conditions.join(" AND ") : undefined;
}

/** How many conditions narrow the answer. @param {Question} question */
export function narrowings(question) {
  const chosen = Object.values(question.chosen).reduce((sum, values) => sum + values.length, 0);
  return chosen + Number(question.low !== null || question.high !== null);
}
