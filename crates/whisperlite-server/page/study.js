// @ts-check
// The page of somebody who takes part in a study: consent, one question after the other, and what is theirs.
//
// The link's part after the # is the key. It is no part of what a browser sends by itself.

import { drawIcons, element, h } from "./dom.js";
import { taskView } from "./study_tasks.js";
import { counted } from "./text.js";

/** @import { Given, Sitting } from "./study_tasks.js" */

const stage = element("stage", HTMLDivElement);
const trouble = element("trouble", HTMLDivElement);
const progress = element("progress", HTMLDivElement);
const yours = element("yours", HTMLElement);
const said = element("said", HTMLParagraphElement);
const sure = element("sure", HTMLDialogElement);

const key = decodeURIComponent(location.hash.slice(1));
/** Where an answer waits that is not known to be saved, should the page be closed meanwhile. */
const WAITING = `whisperlite-study ${key}`;
/** How long to wait before an answer is sent again, at most. */
const MAX_PAUSE_MS = 8000;

/** What the server says when it will not. */
class Refused extends Error {
  /** @param {string} said @param {number} status */
  constructor(said, status) {
    super(said);
    this.status = status;
  }

  /** Whether it may go well later. */
  get passes() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** @param {string} path @param {RequestInit} [options] @returns {Promise<any>} */
async function ask(path, options = {}) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(path, { ...options, headers: { authorization: `Bearer ${key}`, "content-type": "application/json" } });
  } catch {
    throw new Refused("the server does not answer; the connection may be gone", 0);
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(answer.detail ?? answer.title ?? `the server answered ${response.status}`, response.status);
  return answer;
}

/** @param {string} text */
function complain(text) {
  trouble.replaceChildren(text);
  trouble.hidden = text === "";
}

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @type {{ get: () => string | null, set: (text: string) => void, clear: () => void }} */
const waiting = {
  get: () => attempt(() => localStorage.getItem(WAITING)) ?? null,
  set: (text) => attempt(() => localStorage.setItem(WAITING, text)),
  clear: () => attempt(() => localStorage.removeItem(WAITING)),
};

/** Storage may be forbidden; then an answer waits only as long as the page is open. @template T @param {() => T} act @returns {T | undefined} */
function attempt(act) {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/** Sends an answer until it is saved, and tells what comes next. @param {Given} given @returns {Promise<Sitting>} */
async function save(given) {
  waiting.set(JSON.stringify(given));
  for (let tries = 1; ; tries++) {
    try {
      const next = await ask("/page/study/answers", { method: "POST", body: JSON.stringify(given) });
      waiting.clear();
      complain("");
      return next;
    } catch (error) {
      if (!(error instanceof Refused) || !error.passes) {
        waiting.clear();
        throw error;
      }
      complain(`Not saved yet: ${error.message}. Trying again…`);
      await pause(Math.min(500 * 2 ** tries, MAX_PAUSE_MS));
    }
  }
}

/** @param {() => Promise<Sitting>} act */
async function go(act) {
  try {
    show(await act());
  } catch (error) {
    complain(error instanceof Error ? sentence(error.message) : String(error));
    stage.inert = false;
  }
}

/** @param {string} text */
const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? "" : "."}`;

/** @param {number} [place] @returns {Promise<Sitting>} */
const sitting = (place) => ask(`/page/study/sitting${place === undefined ? "" : `?place=${place}`}`);

/** @param {Sitting} now */
function show(now) {
  showProgress(now);
  yours.hidden = now.stage === "not_open" || now.stage === "consent";
  stage.inert = false;
  stage.replaceChildren(...views[now.stage](now));
  const heading = stage.querySelector("h1");
  if (heading instanceof HTMLElement) heading.focus({ preventScroll: true });
  scrollTo({ top: 0 });
}

/** @param {Sitting} now */
function showProgress(now) {
  progress.hidden = now.n_tasks === 0;
  progress.setAttribute("aria-valuemax", String(now.n_tasks));
  progress.setAttribute("aria-valuenow", String(now.n_done));
  progress.setAttribute("aria-valuetext", `${now.n_done} of ${now.n_tasks}`);
  progress.style.setProperty("--part", String(now.n_tasks ? now.n_done / now.n_tasks : 0));
  progress.dataset.said = `${now.n_done} of ${now.n_tasks}`;
}

/** @type {Record<Sitting["stage"], (now: Sitting) => Node[]>} */
const views = {
  not_open: () => plain("Not yet", "This study has not begun. Come back with the same link."),
  closed: (now) => plain("Thank you", `The study has ended, and no answer is taken any more. ${now.n_done ? `You gave ${counted(now.n_done, "answer")}.` : ""}`),
  done: (now) => [
    ...plain("Thank you!", `That was all: ${counted(now.n_done, "answer")}. You may close this page, or go back and change what you said.`),
    h("p", { class: "choices" }, backButton(now.n_tasks)),
  ],
  consent: (now) => [
    h("h1", { tabindex: -1 }, "Before you begin"),
    h("div", { class: "consent" }, ...now.consent.map((words) => h("p", {}, words))),
    h("p", { class: "choices" }, h("button", { type: "button", class: "primary", onclick: () => go(() => ask("/page/study/joined", { method: "POST" })) }, "I agree: begin")),
  ],
  task: (now) => {
    if (!now.task) return [];
    const view = taskView(now, now.task, (given) => {
      stage.inert = true;
      void go(() => save(given));
    });
    return now.task.place > 0 ? [...view, h("p", { class: "choices back" }, backButton(now.task.place))] : view;
  },
};

/** @param {string} title @param {string} words */
const plain = (title, words) => [h("h1", { tabindex: -1 }, title), h("p", {}, words)];

/** @param {number} place */
function backButton(place) {
  return h("button", { type: "button", class: "quiet", onclick: () => go(() => sitting(place - 1)) }, "Back to the question before");
}

element("export", HTMLButtonElement).addEventListener("click", async () => {
  try {
    const data = await ask("/page/study/data");
    const address = URL.createObjectURL(new Blob([JSON.stringify(data, null, 2)], { type: "application/json" }));
    h("a", { href: address, download: "my-answers.json" }).click();
    URL.revokeObjectURL(address);
    said.textContent = "Saved as my-answers.json";
  } catch (error) {
    complain(error instanceof Error ? sentence(error.message) : String(error));
  }
});

element("erase", HTMLButtonElement).addEventListener("click", () => sure.showModal());
element("keep", HTMLButtonElement).addEventListener("click", () => sure.close());
element("erase-now", HTMLButtonElement).addEventListener("click", async () => {
  sure.close();
  try {
    await ask("/page/study/data", { method: "DELETE" });
    yours.hidden = true;
    progress.hidden = true;
    waiting.clear();
    stage.replaceChildren(...plain("Erased", "Nothing of what you said is kept any more. You may close this page."));
  } catch (error) {
    complain(error instanceof Error ? sentence(error.message) : String(error));
  }
});

// Another link in the same tab is another rater.
addEventListener("hashchange", () => location.reload());

drawIcons();
if (key === "") {
  stage.replaceChildren(...plain("This link is not whole", "Open it again from where you got it, with everything after the #."));
} else {
  const left = waiting.get();
  void go(() => (left === null ? sitting() : save(JSON.parse(left)).catch(() => sitting())));
}
