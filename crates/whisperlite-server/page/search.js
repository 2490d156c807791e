// @ts-check
// From a question to what the server is asked, and back.

import { who } from "./person.js";
import { ask } from "./server.js";
import { filterOf } from "./state.js";

/** @import { Answer, Facet } from "./server.js" */
/** @import { Question } from "./state.js" */

/** @param {Question} question */
export const asksForSomething = (question) => question.q !== "" || question.like.length > 0 || question.picture !== null;

/**
 * The parts of a request that do not say who asks. What is as usual is left out.
 * @param {Question} question
 */
function wanted(question) {
  return {
    q: question.q || undefined,
    like: question.like.length ? question.like : undefined,
    image: question.picture?.data,
    filter: filterOf(question),
    sort: question.sort || undefined,
    diversity: question.sort === "" && question.diversity > 0 ? question.diversity : undefined,
  };
}

/** @param {Question} question */
function person(question) {
  const share = question.personalization < 1 ? { personalization: question.personalization } : {};
  return { ...who(question.user), exclude_seen: question.unseen, ...share };
}

/**
 * Items for a question, fitted to who asks.
 * @param {Question} question @param {{ limit: number, offset: number, facets: string[] }} page @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
export function fitted(question, { limit, offset, facets }, signal) {
  const counted = facets.length ? { facets } : {};
  return ask("/v1/search", { ...wanted(question), ...person(question), ...counted, limit, offset, explain: true }, { signal });
}

/**
 * Items for the words alone: nobody in particular asks.
 * @param {Question} question @param {number} limit @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
export function plain(question, limit, signal) {
  return ask("/v1/search", { ...wanted(question), limit, explain: true }, { signal });
}

/**
 * Counts of the fields in which something is chosen, as they would be without that choice: so that more can be chosen.
 * @param {Question} question @param {AbortSignal} signal
 * @returns {Promise<Record<string, Facet>>}
 */
export async function countsWithout(question, signal) {
  const count = async (/** @type {string} */ field) => {
    const asked = { ...wanted(question), ...person(question), filter: filterOf(question, field), facets: [field], limit: 0 };
    const answer = /** @type {Answer} */ (await ask("/v1/search", asked, { signal }));
    return /** @type {const} */ ([field, answer.facets?.[field] ?? { values: [], n_values: 0 }]);
  };
  return Object.fromEntries(await Promise.all(Object.keys(question.chosen).map(count)));
}
