// @ts-check
// The key, where the server asks for one: typed once, kept for the session, sent with every request.

import { h, icon } from "./dom.js";

const KEY = "whisperlite-key";

/** The key in use, if any. In memory as well: storage may be forbidden. */
let key = kept();

function kept() {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

/** What a request says of its key. @returns {Record<string, string>} */
export const keyHeaders = () => (key === "" ? {} : { authorization: `Bearer ${key}` });

/** Whether a key was given. */
export const hasKey = () => key !== "";

/** Only one question at a time, however many requests wait for the answer. @type {Promise<boolean> | null} */
let asking = null;

/** Asks for a key. @param {string} reason @returns {Promise<boolean>} whether one was given */
export function askForKey(reason) {
  asking ??= typed(reason).finally(() => {
    asking = null;
  });
  return asking;
}

/** @param {string} reason @returns {Promise<boolean>} */
function typed(reason) {
  const input = h("input", { id: "key", type: "password", required: true, autocomplete: "off", spellcheck: "false" });
  const dialog = h("dialog", { class: "sheet key", "aria-labelledby": "key-title" });
  const form = h("form", { class: "but" },
    h("label", { for: "key" }, "Key"), h("span", { class: "joined" }, input, h("button", { type: "submit", class: "primary" }, "Open")));
  dialog.append(
    h("div", { class: "closing" }, h("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close"))),
    h("h2", { id: "key-title" }, "This server asks for a key"), h("p", {}, reason),
    form, h("p", { class: "quiet-text" }, "`whisperlite keys create` makes one. It is kept until this tab is closed."));
  document.body.append(dialog);
  return new Promise((resolve) => {
    let given = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      key = input.value.trim();
      given = key !== "";
      try {
        sessionStorage.setItem(KEY, key);
      } catch {
        // Then it holds until the page is left.
      }
      dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(given);
    });
    dialog.showModal();
    input.focus();
  });
}
