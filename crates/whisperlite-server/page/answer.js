// @ts-check
// An answer on the page: its title, what it says of itself, its items, and what is shown where there are none.

import { element, h, icon } from "./dom.js";
import { Grid } from "./grid.js";
import { Refused } from "./server.js";
import { asksForSomething } from "./search.js";
import { narrowings } from "./state.js";
import { counted, heading, money, sentence } from "./text.js";

/** @import { Answer } from "./server.js" */
/** @import { Handlers, Shown } from "./cards.js" */
/** @import { Question } from "./state.js" */

const title = element("title", HTMLHeadingElement);
const status = element("status", HTMLParagraphElement);
const trouble = element("trouble", HTMLDivElement);
const empty = element("empty", HTMLDivElement);
const chips = element("narrowed", HTMLUListElement);
const answers = element("answers", HTMLDivElement);
const plainSection = element("plain-section", HTMLElement);
const more = element("more", HTMLButtonElement);

/** @param {Question} question */
function titleOf(question) {
  if (question.q !== "") return question.like.length || question.picture ? `Like this, but “${question.q}”` : `“${question.q}”`;
  if (question.like.length || question.picture) return "Like this";
  return question.user === "" ? "For you" : "For this shopper";
}

/** @param {string} label @param {() => void} drop */
function chip(label, drop) {
  return h("li", {}, h("button", { type: "button", class: "chip", "aria-label": `Take away: ${label}`, onclick: drop }, label, icon("close")));
}

export class AnswerView {
  /** @param {Handlers} handlers */
  constructor(handlers) {
    this.fitted = new Grid(element("fitted", HTMLOListElement), handlers);
    this.plain = new Grid(element("plain", HTMLOListElement), handlers);
  }

  /** Shows that a question is being answered. @param {Question} question */
  wait(question) {
    title.textContent = titleOf(question);
    document.title = asksForSomething(question) ? `${titleOf(question)} – WhisperLite` : "WhisperLite";
    trouble.hidden = true;
    empty.hidden = true;
    this.fitted.wait();
    if (question.beside) this.plain.wait();
  }

  /**
   * @param {Question} question @param {Answer} answer @param {Shown[]} fitted @param {Shown[] | null} plain
   * @param {boolean} mayGoOn whether there may be more
   */
  show(question, answer, fitted, plain, mayGoOn) {
    plainSection.hidden = plain === null;
    answers.classList.toggle("two", plain !== null);
    this.fitted.show(fitted);
    this.plain.show(plain ?? []);
    more.hidden = !mayGoOn;
    const found = `${counted(fitted.length, "item")}${mayGoOn ? ", and more" : ""} in ${answer.processing_time_ms.toFixed(0)} ms.`;
    const notes = answer.notes.filter((note) => note.code !== "unknown_user").map((note) => sentence(note.message));
    status.textContent = fitted.length ? [found, ...notes].join(" ") : "";
  }

  /** Shows that nothing was found, and what can be done. @param {Question} question @param {Answer} answer @param {(change: Partial<Question>) => void} change */
  showEmpty(question, answer, change) {
    empty.hidden = false;
    const ways = [];
    if (narrowings(question)) ways.push(h("button", { type: "button", class: "primary", onclick: () => change({ chosen: {}, low: null, high: null }) }, "Take away the filters"));
    if (question.unseen) ways.push(h("button", { type: "button", class: "tool", onclick: () => change({ unseen: false }) }, "Show what you saw, too"));
    if (asksForSomething(question)) ways.push(h("button", { type: "button", class: "tool", onclick: () => change({ q: "", like: [], picture: null }) }, "Show everything"));
    const notes = answer.notes.map((note) => sentence(note.message)).join(" ");
    empty.replaceChildren(icon("search"), h("h2", {}, "Nothing here"), h("p", {}, notes || "No item of this shop matches."), h("div", { class: "ways" }, ...ways));
    status.textContent = "No items.";
  }

  /** Shows what went wrong. @param {unknown} error @param {() => void} again @param {() => void} afresh */
  fail(error, again, afresh) {
    this.fitted.show([]);
    this.plain.show([]);
    plainSection.hidden = true;
    more.hidden = true;
    empty.hidden = true;
    status.textContent = "";
    const gone = error instanceof Refused && error.status === 0;
    const said = error instanceof Error ? error.message : String(error);
    trouble.hidden = false;
    const parts = [
      h("h2", {}, gone ? "The shop cannot be reached" : "That did not work"), h("p", {}, sentence(said)),
      h("button", { type: "button", class: "primary", onclick: again }, "Try again")];
    if (!gone) parts.push(h("button", { type: "button", class: "tool", onclick: afresh }, "Start afresh"));
    trouble.replaceChildren(...parts);
  }

  /** What narrows the answer, each with a way to take it away. @param {Question} question @param {Map<string, string>} titles @param {(change: Partial<Question>) => void} change */
  narrowed(question, titles, change) {
    const made = [];
    const { picture, low, high } = question;
    if (picture) {
      const label = chip("Your picture", () => change({ picture: null }));
      label.querySelector("button")?.prepend(h("img", { src: picture.data, alt: "" }));
      made.push(label);
    }
    for (const itemId of question.like) {
      made.push(chip(`Like ${titles.get(itemId) ?? itemId}`, () => change({ like: question.like.filter((other) => other !== itemId) })));
    }
    for (const [field, values] of Object.entries(question.chosen)) {
      for (const value of values) {
        const left = values.filter((other) => other !== value);
        const { [field]: _, ...others } = question.chosen;
        made.push(chip(`${heading(field)}: ${value}`, () => change({ chosen: left.length ? { ...others, [field]: left } : others })));
      }
    }
    if (low !== null || high !== null) {
      const range = low === null ? `up to ${money(high)}` : high === null ? `from ${money(low)}` : `${money(low)} to ${money(high)}`;
      made.push(chip(`Price ${range}`, () => change({ low: null, high: null })));
    }
    chips.replaceChildren(...made);
  }
}

const toast = element("toast", HTMLParagraphElement);
/** @type {ReturnType<typeof setTimeout> | undefined} */
let hiding;

/** Says something in passing. @param {string} said */
export function say(said) {
  clearTimeout(hiding);
  toast.textContent = said;
  toast.classList.add("shown");
  hiding = setTimeout(() => toast.classList.remove("shown"), 5000);
}
