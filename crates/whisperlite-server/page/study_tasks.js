// @ts-check
// The two kinds of questions: which of two lists is better, and how well each item fits.

import { h } from "./dom.js";
import { frame } from "./frame.js";
import { freshId } from "./person.js";
import { counted, money, shortCategory } from "./text.js";

/**
 * @typedef {"much_left" | "left" | "tie" | "right" | "much_right"} Choice
 * @typedef {{ item_id: string, request: number, person?: number }} ItemGrade
 * @typedef {{ kind: "pair", choice: Choice } | { kind: "grade", grades: ItemGrade[] }} Said
 * @typedef {{ answer_id: string, task_id: string, dwell_ms: number, response: Said }} Given
 * @typedef {{ kind: "pair", left: string[], right: string[] }} PairBody
 * @typedef {{ kind: "grade", items: string[], asks_person: boolean }} GradeBody
 * @typedef {{ task_id: string, place: number, request: string, history: string[], body: PairBody | GradeBody }} Task
 * @typedef {{ title: string, category: string, price: number | null, text: string }} ShownItem
 * @typedef {{ stage: "not_open" | "consent" | "task" | "done" | "closed", consent: string[], n_tasks: number, n_done: number, task: Task | null, given: Said | null, items: Record<string, ShownItem> }} Sitting
 */

/** What is said, in words, and by a sign where there is little room. @type {[Choice, string, string][]} */
const CHOICES = [
  ["much_left", "Left, by far", "«"],
  ["left", "Left", "‹"],
  ["tie", "Both the same", "="],
  ["right", "Right", "›"],
  ["much_right", "Right, by far", "»"],
];
const GRADES = ["not at all", "a little", "well", "perfectly"];
/** Past items that are shown. */
const N_HISTORY = 8;

/**
 * What is shown of a task. `answer` is called once, with what was said.
 * @param {Sitting} now @param {Task} task @param {(given: Given) => void} answer @returns {Node[]}
 */
export function taskView(now, task, answer) {
  const since = performance.now();
  /** @param {Said} response */
  const say = (response) => answer({
    answer_id: freshId(),
    task_id: task.task_id,
    dwell_ms: Math.round(performance.now() - since),
    response,
  });
  const { body } = task;
  return [...asked(now, task), ...(body.kind === "pair" ? pairView(now, body, say) : gradeView(now, body, say))];
}

/** What was asked for, and by whom. @param {Sitting} now @param {Task} task */
function asked(now, task) {
  const words = task.request === "" ? "Somebody looks for nothing in particular" : `“${task.request}”`;
  const title = h("h1", { tabindex: -1, class: "request" }, words);
  if (task.history.length === 0) return [title, h("p", { class: "quiet-text" }, "Nothing is known of who asks.")];
  const past = task.history.slice(0, N_HISTORY).map((id) => {
    const item = now.items[id];
    return h("li", { title: item?.title ?? id }, frame(id, item?.title ?? id, true), h("span", { class: "unseen" }, item?.title ?? id));
  });
  return [
    title,
    h("p", { class: "quiet-text", id: "past" }, "What this person chose before, latest first:"),
    h("ol", { class: "past", "aria-labelledby": "past" }, ...past),
  ];
}

/** @param {Sitting} now @param {string} id @param {"h2" | "h3"} heading */
function card(now, id, heading) {
  const item = now.items[id];
  const title = item?.title ?? id;
  return h("article", { class: "card", title: item?.text ?? "" },
    frame(id, title, true),
    h(heading, { class: "name" }, title),
    h("p", { class: "quiet-text" }, [shortCategory(item?.category ?? ""), money(item?.price ?? null)].filter((part) => part !== "").join(" · ")));
}

/** @param {Sitting} now @param {PairBody} body @param {(said: Said) => void} say */
function pairView(now, body, say) {
  const before = now.given?.kind === "pair" ? now.given.choice : null;
  /** @param {string} name @param {string[]} items */
  const list = (name, items) => h("section", { class: "side", "aria-label": name },
    h("h2", {}, name),
    h("ol", { class: "items" }, ...items.map((id) => h("li", {}, card(now, id, "h3")))));
  const buttons = CHOICES.map(([choice, words, sign], place) => h("button",
    { type: "button", class: choice === before ? "tool chosen" : "tool", "aria-pressed": String(choice === before), "aria-keyshortcuts": String(place + 1), onclick: () => say({ kind: "pair", choice }) },
    h("kbd", { "aria-hidden": "true" }, String(place + 1)), h("span", { class: "sign", "aria-hidden": "true" }, sign), h("span", { class: "words" }, words)));
  const choices = h("div", { class: "verdict", role: "group", "aria-label": "Which answer is better?" }, h("p", {}, "Which answer is better?"), ...buttons);
  onKeys(choices, (key) => buttons[Number(key) - 1]?.click());
  return [choices, h("div", { class: "sides" }, list("Left", body.left), list("Right", body.right))];
}

/** @param {Sitting} now @param {GradeBody} body @param {(said: Said) => void} say */
function gradeView(now, body, say) {
  const before = new Map((now.given?.kind === "grade" ? now.given.grades : []).map((grade) => [grade.item_id, grade]));
  /** Every question in the order of the page. @type {HTMLFieldSetElement[]} */
  const questions = [];
  /** @param {string} id @param {"request" | "person"} about */
  const question = (id, about) => {
    const name = `${about} ${id}`;
    const legend = about === "request" ? "Does it fit what is asked for?" : "Does it fit this person?";
    const grades = GRADES.map((words, grade) => h("label", { title: words },
      h("input", { type: "radio", name, value: grade, checked: before.get(id)?.[about] === grade, "aria-label": `${grade}, ${words}` }),
      h("span", { "aria-hidden": "true" }, String(grade))));
    const made = h("fieldset", {}, h("legend", {}, legend), h("span", { class: "grades" }, ...grades));
    questions.push(made);
    return made;
  };
  const rows = body.items.map((id) => h("li", { class: "graded" },
    card(now, id, "h2"),
    h("div", { class: "asked" }, question(id, "request"), body.asks_person && question(id, "person"))));
  const save = h("button", { type: "submit", class: "primary" }, "Save and go on");
  const left = h("span", { class: "quiet-text", role: "status" });
  const form = h("form", { class: "grading" }, h("ol", { class: "rows-of-grades" }, ...rows), h("p", { class: "choices" }, save, left));
  const open = () => questions.filter((asked) => !asked.querySelector("input:checked"));
  const count = () => {
    const n = open().length;
    left.textContent = n === 0 ? "" : `${counted(n, "grade")} left`;
  };
  form.addEventListener("change", (event) => {
    count();
    mark(open()[0] ?? null, questions);
    if (event.target instanceof HTMLInputElement && open().length === 0) save.focus();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const first = open()[0];
    if (first) {
      mark(first, questions);
      first.scrollIntoView({ block: "center" });
      first.querySelector("input")?.focus();
      return;
    }
    /** @param {string} name */
    const value = (name) => Number(new FormData(form).get(name));
    const grades = body.items.map((id) => ({ item_id: id, request: value(`request ${id}`), ...(body.asks_person ? { person: value(`person ${id}`) } : {}) }));
    say({ kind: "grade", grades });
  });
  onKeys(form, (key) => {
    const focused = document.activeElement?.closest("fieldset");
    const asked = focused && questions.includes(focused) && !focused.querySelector("input:checked") ? focused : open()[0];
    const input = asked?.querySelectorAll("input")[Number(key)];
    if (!input) return;
    input.checked = true;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    open()[0]?.scrollIntoView({ block: "nearest" });
  });
  count();
  mark(open()[0] ?? null, questions);
  const scale = h("p", { class: "quiet-text scale" }, ...GRADES.flatMap((words, grade) => [h("kbd", {}, String(grade)), ` ${words} `]));
  return [h("p", {}, "How well does each item fit?"), scale, form];
}

/** Shows which grade a key gives. @param {Element | null} next @param {Element[]} questions */
function mark(next, questions) {
  for (const asked of questions) asked.classList.toggle("next", asked === next);
}

/** Digits answer while a view is on the page. @param {Element} view @param {(key: string) => void} act */
function onKeys(view, act) {
  /** @param {KeyboardEvent} event */
  const listen = (event) => {
    if (!view.isConnected) return removeEventListener("keydown", listen);
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || !/^[0-9]$/.test(event.key)) return;
    if (view.closest("[inert]") || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    act(event.key);
  };
  addEventListener("keydown", listen);
}
