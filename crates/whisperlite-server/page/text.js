// @ts-check
// Numbers and names as people read them.

const WHOLE = new Intl.NumberFormat("en");
const PRICE = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const DAY = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

/** @param {number} n */
export const whole = (n) => WHOLE.format(n);

/** A price, without a currency: the store does not say which it is. @param {number | null} price */
export const money = (price) => (price === null ? "" : PRICE.format(price));

/** @param {number} n @param {string} one @param {string} [many] */
export const counted = (n, one, many = `${one}s`) => `${whole(n)} ${n === 1 ? one : many}`;

/** The last level of a category path. @param {string} category */
export const shortCategory = (category) => category.split(" > ").at(-1) ?? "";

/** A field's name as a heading: `second_colour` is "Second colour". @param {string} field */
export const heading = (field) => sentence(field.replaceAll("_", " "), "");

/** @param {string} words @param {string} [end] */
export function sentence(words, end = ".") {
  const closed = end === "" || /[.!?…]$/.test(words) ? words : words + end;
  return closed.charAt(0).toUpperCase() + closed.slice(1);
}

/** A day, from seconds since 1970. @param {number} seconds */
export const day = (seconds) => DAY.format(new Date(seconds * 1000));

/** A duration. @param {number} seconds */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 1) return `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms`;
  return `${seconds.toFixed(1)} s`;
}
