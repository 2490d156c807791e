// @ts-check
// An item's picture in its frame.

import { h } from "./dom.js";
import { pictureOf } from "./server.js";

/** A picture, with the item's initial where there is none. @param {string} itemId @param {string} title @param {boolean} pictures */
export function frame(itemId, title, pictures) {
  const framed = h("span", { class: "frame" });
  const none = () => framed.replaceChildren(h("span", { class: "initial", "aria-hidden": "true" }, title.trim().charAt(0).toUpperCase() || "·"));
  if (!pictures) {
    none();
    return framed;
  }
  const image = h("img", { alt: "", loading: "lazy", decoding: "async", width: 256, height: 256 });
  image.addEventListener("load", () => image.classList.add("there"));
  image.addEventListener("error", none);
  image.src = pictureOf(itemId);
  framed.append(image);
  return framed;
}
