// @ts-check
// Who shops: somebody of the store, or oneself. What oneself did lives as long as the tab.

/**
 * @typedef {{ item_id: string, title: string, price: number | null }} Kept
 * @typedef {{ likes: string[], bag: Kept[] }} Doings
 */

const SELF = "whisperlite-self";
const DOINGS = "whisperlite-doings-";

/** @param {string} key */
function stored(key) {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null; // Storage may be forbidden: then a reload begins anew.
  }
}

/** @param {string} key @param {string} value */
function store(key, value) {
  try {
    sessionStorage.setItem(key, value);
  } catch {
    // See above.
  }
}

/** A name that nobody has had. Only pages from this machine or over https have `randomUUID`. */
export function freshId() {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

let self = stored(SELF) ?? freshSelf();
store(SELF, self);

/** @returns {string} */
function freshSelf() {
  return `page-${freshId()}`;
}

/** Oneself, as somebody whom the store has never seen. */
export function beginAnew() {
  self = freshSelf();
  store(SELF, self);
}

/** How requests and events say who asks: as a user, or as a visit of somebody new. @param {string} user */
export const who = (user) => (user === "" ? { session_id: self } : { user_id: user });

/** What somebody liked and put into the bag from this tab. @param {string} user @returns {Doings} */
export function doings(user) {
  try {
    const found = JSON.parse(stored(DOINGS + (user || self)) ?? "");
    if (Array.isArray(found.likes) && Array.isArray(found.bag)) return found;
  } catch {
    // Nothing yet, or nothing that is ours.
  }
  return { likes: [], bag: [] };
}

/** @param {string} user @param {Doings} now */
export const keepDoings = (user, now) => store(DOINGS + (user || self), JSON.stringify(now));
