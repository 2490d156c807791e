// @ts-check
// What a shopper does, told to the server: one event after the other, in order, each under an id of its own, so that one that
// has to be sent again is stored once.

import { freshId, who } from "./person.js";
import { Refused, ask } from "./server.js";

/**
 * Where an item stood: the answer's name, the place in it (from 1), and the words that were asked for.
 * @typedef {{ queryId: string, position: number, request: string }} Place
 * @typedef {"impression" | "view" | "click" | "add_to_cart" | "remove_from_cart" | "like" | "dislike"} Deed
 */

/** How often an event is sent before it is given up. */
const N_TRIES = 4;
/** Impressions that wait, at most: what somebody does is never kept waiting by what they saw. */
const MAX_IMPRESSIONS = 120;
/** How long half of an item must be in view before it was seen. */
const SEEN_MS = 800;

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @type {Promise<unknown>} */
let last = Promise.resolve();

/** @param {Deed} type @param {string} itemId @param {string} user @param {Place | null} place */
function eventOf(type, itemId, user, place) {
  const event = { event_id: freshId(), type, item_id: itemId, ...who(user) };
  if (!place) return event;
  const found = { ...event, query_id: place.queryId, position: place.position };
  return place.request === "" ? found : { ...found, request: place.request };
}

/** @param {object} event */
async function send(event) {
  for (let tries = 1; ; tries++) {
    try {
      return await ask("/v1/events", event, { keepalive: true });
    } catch (error) {
      const later = error instanceof Refused && (error.status === 503 || error.status === 429 || error.status === 0);
      if (!later || tries === N_TRIES) throw error;
      await sleep(400 * tries);
    }
  }
}

/**
 * Tells what somebody did; done when it is on the server's disk.
 * @param {Deed} type @param {string} itemId @param {string} user @param {Place | null} place
 */
export function tell(type, itemId, user, place) {
  const event = eventOf(type, itemId, user, place);
  const told = last.then(() => send(event));
  last = told.catch(() => undefined);
  return told;
}

/** @type {Map<Element, { itemId: string, user: string, place: Place }>} */
const watched = new Map();
/** @type {Map<Element, ReturnType<typeof setTimeout>>} */
const inView = new Map();
/** @type {object[]} */
const impressions = [];
let sending = false;

const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    clearTimeout(inView.get(target));
    inView.delete(target);
    if (isIntersecting) inView.set(target, setTimeout(() => seen(target), SEEN_MS));
  }
}, { threshold: 0.5 });

/** Tells once that an item was shown, when it has been. @param {Element} card @param {string} itemId @param {string} user @param {Place} place */
export function watch(card, itemId, user, place) {
  forget(card);
  watched.set(card, { itemId, user, place });
  observer.observe(card);
}

/** @param {Element} card */
export function forget(card) {
  clearTimeout(inView.get(card));
  inView.delete(card);
  watched.delete(card);
  observer.unobserve(card);
}

/** @param {Element} card */
function seen(card) {
  const shown = watched.get(card);
  forget(card);
  if (!shown || impressions.length >= MAX_IMPRESSIONS) return;
  impressions.push(eventOf("impression", shown.itemId, shown.user, shown.place));
  void sendImpressions();
}

async function sendImpressions() {
  if (sending) return;
  sending = true;
  for (let event = impressions.shift(); event; event = impressions.shift()) {
    // One that is lost is no loss to the shopper; the server counts what it refuses.
    await send(event).catch(() => undefined);
  }
  sending = false;
}
