// @ts-check
// Elements: those that the page has, and those that it makes.

/**
 * What an element is given: a listener (a function, under `onclick` and the like), an attribute that is there or not (a
 * boolean), or an attribute's text.
 * @typedef {Record<string, string | number | boolean | undefined | null | ((event: any) => void)>} Given
 */

/**
 * An element of the page.
 * @template {Element} T @param {string} id @param {new () => T} kind @returns {T}
 */
export function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no #${id}`);
  return found;
}

/** @param {Element} made @param {Given} given */
function give(made, given) {
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null) made.setAttribute(name, String(value));
  }
}

/**
 * A new element, with its children.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Given} [given] @param {...(Node | string | null | false)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  give(made, given);
  for (const child of children) if (child) made.append(child);
  return made;
}

/**
 * The same for drawings.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag @param {Given} [given] @param {...(Node | string)} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, given = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  give(made, given);
  made.append(...children);
  return made;
}

/** Lines of 24 by 24. */
const ICONS = {
  bag: "M6 8h12l1 12H5L6 8Zm3 0V7a3 3 0 0 1 6 0v1",
  camera: "M4 8h3l2-3h6l2 3h3v11H4V8Zm8 8.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z",
  close: "M6 6l12 12M18 6 6 18",
  heart: "M12 20s-7.5-4.6-7.5-10.2A4.2 4.2 0 0 1 12 7.3a4.2 4.2 0 0 1 7.5 2.5C19.5 15.4 12 20 12 20Z",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7.5 8a7.5 7.5 0 0 1 15 0",
  search: "M11 17a6 6 0 1 0 0-12 6 6 0 0 0 0 12Zm4.5-1.5L20 20",
  sliders: "M4 7h9m5 0h2M4 17h3m5 0h8M15.5 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM9.5 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z",
  spark: "M12 4v4m0 8v4M4 12h4m8 0h4M7 7l2 2m6 6 2 2M17 7l-2 2M9 15l-2 2",
  theme: "M12 4a8 8 0 1 0 0 16V4Z M12 4a8 8 0 0 1 0 16",
  chart: "M5 20V11m5 9V5m5 15v-6m5 6V8",
  back: "M15 5l-7 7 7 7",
};

/** A small drawing that says nothing by itself. @param {keyof typeof ICONS} name */
export function icon(name) {
  const path = svg("path", { d: ICONS[name] });
  return svg("svg", { class: `icon icon-${name}`, viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, path);
}

/** Fills the places of the page that ask for an icon. */
export function drawIcons() {
  for (const place of document.querySelectorAll("[data-icon]")) {
    const name = place.getAttribute("data-icon");
    if (name && name in ICONS) place.prepend(icon(/** @type {keyof typeof ICONS} */ (name)));
  }
}
