// @ts-check
// The server that this page came from, and what it answers with.

import { askForKey, hasKey, keyHeaders } from "./key.js";

/**
 * @typedef {{ value: string, count: number, level?: number | null }} FacetValue
 * @typedef {{ values: FacetValue[], n_values: number, range?: { min: number, max: number } | null }} Facet
 * @typedef {{ item_id: string, title: string, share: number }} PastItem
 * @typedef {{ popularity: number, words: number, taste: number, past_items: PastItem[] }} Explanation
 * @typedef {{ item_id: string, title: string, category: string, price: number | null, attributes: Record<string, string> }} Item
 * @typedef {Item & { score: number, explanation?: Explanation }} Hit
 * @typedef {{ code: string, message: string }} Note
 * @typedef {{ query_id: string, hits: Hit[], notes: Note[], facets?: Record<string, Facet>, model_version: string, processing_time_ms: number }} Answer
 * @typedef {Item & { text: string }} StoredItem
 * @typedef {{ item_id: string, title: string }} Named
 * @typedef {{ user_id: string, n_events: number, likes: string[], latest: Named[] }} Shopper
 * @typedef {{ dataset: string, n_items: number, pictures: boolean, reads_pictures: boolean, synthetic: boolean, prices: { low: number, high: number } | null, dated: boolean, facets: string[], requests: string[] }} Store
 */

/** What the server says when it will not: the problem's stable code, and its words. */
export class Refused extends Error {
  /** @param {string} code @param {string} said @param {number} status */
  constructor(code, said, status) {
    super(said);
    this.code = code;
    this.status = status;
  }
}

/**
 * Asks a path, with a body in JSON if there is one; throws what is wrong, in the server's words.
 *
 * @param {string} path
 * @param {unknown} [body]
 * @param {RequestInit} [more]
 */
export async function ask(path, body, more = {}) {
  const options = body === undefined
    ? more
    : { ...more, method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  return (await reach(path, options)).json();
}

/** What a path says, as it stands. @param {string} path */
export const text = async (path) => (await reach(path, {})).text();

/** Asks for the key before anything else is asked, if the server wants one. */
export async function open() {
  const { key_needed } = await ask("/page/config");
  if (key_needed && !hasKey()) await askForKey("Whoever runs this shop has one for you.");
}

/** Asks, with the key; where it is missing or wrong, asks for another one. @param {string} path @param {RequestInit} options @returns {Promise<Response>} */
async function reach(path, options) {
  for (;;) {
    const response = await send(path, options);
    if (response.ok) return response;
    const refused = await refusal(path, response);
    if (response.status !== 401 || !(await askForKey(refused.message))) throw refused;
  }
}

/** @param {string} path @param {RequestInit} options */
async function send(path, options) {
  try {
    return await fetch(path, { ...options, headers: { ...options.headers, ...keyHeaders() } });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Refused("unreachable", "the server does not answer: it may have been stopped, or the connection is gone", 0);
  }
}

/** @param {string} path @param {Response} response */
async function refusal(path, response) {
  const answer = await response.json().catch(() => ({}));
  return new Refused(answer.code ?? "unknown", answer.detail ?? answer.title ?? `${path} answered ${response.status}`, response.status);
}

/** The address of an item's picture. @param {string} itemId */
export const pictureOf = (itemId) => `/page/pictures/${encodeURIComponent(itemId)}`;
