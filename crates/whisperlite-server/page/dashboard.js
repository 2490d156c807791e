// @ts-check
// The dashboard: what the store holds, what people do, what the model is, how good it is, and how fast the server answers.

import { columns, interval, line, share } from "./charts.js";
import { frame } from "./frame.js";
import { drawIcons, element, h } from "./dom.js";
import { askForKey, hasKey } from "./key.js";
import { classes, quantile, readMetrics } from "./latency.js";
import { Refused, ask, open, text } from "./server.js";
import { counted, day, duration, heading, sentence, shortCategory, whole } from "./text.js";

/** @import { Named } from "./server.js" */
/** @import { Path } from "./latency.js" */

/**
 * @typedef {{ name: string, n_items: number, samples: Named[] }} Category
 * @typedef {{ dataset: string, n_items: number, n_pictures: number, n_prices: number, n_users: number, n_requests: number, n_events: number, categories: Category[], n_categories: number, events: Record<string, number>, time: { from: number, to: number, counts: number[] } | null }} Catalogue
 * @typedef {{ mean: number, low: number, high: number }} Interval
 * @typedef {{ dataset: string, split: string, protocol: string, created: string | null, queries: number, systems: { name: string, ndcg: Interval }[], page: boolean }} Report
 * @typedef {{ version: string, facts: [string, string][] }} Model
 * @typedef {{ seconds: number, by_type: Record<string, number>, minutes: number[] }} Beats
 */

/** Between two looks at the server. */
const LOOK_MS = 2000;
/** Looks that the chart of the rate shows. */
const N_LOOKS = 60;

const status = element("status", HTMLParagraphElement);
const trouble = element("trouble", HTMLDivElement);
const pause = element("pause", HTMLButtonElement);

/** The place of a board's content. @param {string} id */
function board(id) {
  const place = element(id, HTMLElement).querySelector(":scope > div");
  if (!place) throw new Error(`the board #${id} has no place`);
  return place;
}

/** @param {[string, string][]} rows */
const figures = (rows) => h("dl", { class: "figures" }, ...rows.map(([what, value]) => h("div", {}, h("dt", {}, what), h("dd", {}, value))));

/** A table that is scrolled sideways where it is wider than the screen. @param {string} label @param {HTMLTableElement} table */
const scroller = (label, table) => h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": label }, table);

/** @param {Catalogue} catalogue */
function showCatalogue(catalogue) {
  const pictures = catalogue.n_pictures > 0;
  const category = (/** @type {Category} */ { name, n_items, samples }) => h("li", {},
    h("a", { href: `/?${new URLSearchParams({ "f.category": shortCategory(name) })}` },
      ...(pictures ? [h("span", { class: "samples" }, ...samples.map((item) => frame(item.item_id, item.title, true)))] : []),
      h("span", { class: "name" }, h("span", {}, shortCategory(name)), h("span", { class: "n" }, whole(n_items)))));
  const left = catalogue.n_categories - catalogue.categories.length;
  board("catalogue").replaceChildren(
    figures([["Items", whole(catalogue.n_items)], ["With a picture", whole(catalogue.n_pictures)], ["With a price", whole(catalogue.n_prices)],
      ["Shoppers", whole(catalogue.n_users)], ["Different requests", whole(catalogue.n_requests)]]),
    h("h3", {}, left > 0 ? `The largest of ${counted(catalogue.n_categories, "category", "categories")}` : "Categories"),
    h("ul", { class: "categories" }, ...catalogue.categories.map(category)));
}

/** @param {Catalogue} catalogue @param {Beats} beats */
function showEvents({ n_events, events, time }, beats) {
  const types = [...new Set([...Object.keys(events), ...Object.keys(beats.by_type)])];
  const most = Math.max(1, ...Object.values(events));
  const row = (/** @type {string} */ type) => h("tr", {}, h("th", { scope: "row" }, heading(type)), h("td", { class: "n" }, whole(events[type] ?? 0)),
    h("td", {}, share((events[type] ?? 0) / most)), h("td", { class: "n" }, whole(beats.by_type[type] ?? 0)));
  const since = Object.values(beats.by_type).reduce((sum, n) => sum + n, 0);
  const table = h("table", {}, h("caption", { class: "unseen" }, "Events by type"),
    h("thead", {}, h("tr", {}, ...["Type", "Before the start", "", "Since"].map((name, place) => h("th", { scope: "col", class: place % 2 ? "n" : "" }, name || h("span", { class: "unseen" }, "Share"))))),
    h("tbody", {}, ...types.map(row)));
  const past = time && [h("h3", {}, "Over time"), columns(time.counts, `${whole(n_events)} events from ${day(time.from)} to ${day(time.to)}`),
    h("p", { class: "axis" }, h("span", {}, day(time.from)), h("span", {}, day(time.to)))];
  board("events").replaceChildren(
    figures([["Before the start", whole(n_events)], ["Since the start", whole(since)], ["Running for", running(beats.seconds)]]),
    h("div", { class: "halves" },
      h("div", {}, h("h3", {}, "By type"), scroller("Events by type", table)),
      h("div", {}, ...(past ?? []), h("h3", {}, "In the last hour, by minute"), columns(beats.minutes, `${counted(beats.minutes.reduce((sum, n) => sum + n, 0), "event")} in the last hour`),
        h("p", { class: "axis" }, h("span", {}, "an hour ago"), h("span", {}, "now")))));
}

/** @param {number} seconds */
function running(seconds) {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86400)} days`;
}

/** @param {Model} model */
function showModel(model) {
  const row = (/** @type {[string, string]} */ [what, value]) => h("tr", {}, h("th", { scope: "row" }, sentence(what, "")), h("td", {}, value));
  board("model").replaceChildren(h("table", { class: "facts" }, h("caption", { class: "unseen" }, "The model card"),
    h("tbody", {}, row(["version", model.version]), ...model.facts.map(row))));
}

/** @param {Report | null} report */
function showReport(report) {
  if (!report) {
    board("report").replaceChildren(h("p", { class: "quiet-text" }, "Not measured yet: `whisperlite evaluate` ranks the whole catalogue for held-out requests, beside every baseline."));
    return;
  }
  const largest = Math.max(1e-9, ...report.systems.map(({ ndcg }) => ndcg.high));
  const row = (/** @type {Report["systems"][number]} */ { name, ndcg }) => h("tr", { class: name.startsWith("whisperlite") ? "ours" : "" },
    h("th", { scope: "row" }, name), h("td", { class: "n" }, ndcg.mean.toFixed(3)), h("td", {}, interval(ndcg, largest)), h("td", { class: "n" }, `${ndcg.low.toFixed(3)}–${ndcg.high.toFixed(3)}`));
  const made = report.created ? `, ${day(Date.parse(report.created) / 1000)}` : "";
  board("report").replaceChildren(
    h("p", { class: "quiet-text" }, `NDCG@10 on ${whole(report.queries)} queries of the ${report.split} split of ${report.dataset}; ${report.protocol}${made}.`),
    scroller("The report", h("table", {}, h("caption", { class: "unseen" }, "NDCG@10 of each system"),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "System"), h("th", { scope: "col", class: "n" }, "NDCG@10"), h("th", { scope: "col" }, h("span", { class: "unseen" }, "Drawn")), h("th", { scope: "col", class: "n" }, "95 % interval"))),
      h("tbody", {}, ...report.systems.map(row)))),
    ...(report.page ? [h("p", {}, h("a", { href: "/page/report", onclick: readReport }, "The whole report"))] : []));
}

/** A link sends no key: with one, the report is fetched, and saved as a file. @param {MouseEvent} event */
async function readReport(event) {
  if (!hasKey()) return;
  event.preventDefault();
  const address = URL.createObjectURL(new Blob([await text("/page/report")], { type: "text/html" }));
  h("a", { href: address, download: "report.html" }).click();
  URL.revokeObjectURL(address);
}

/** Requests of all paths at a moment, and the rates before. */
const seen = { n: NaN, at: NaN, rates: /** @type {number[]} */ ([]) };

/** @param {Path[]} paths */
function showLatency(paths) {
  const n = paths.reduce((sum, path) => sum + path.n, 0);
  const now = performance.now();
  // The dashboard's own looks are requests, too.
  if (!Number.isNaN(seen.n)) seen.rates.push(((n - seen.n) / (now - seen.at)) * 1000);
  [seen.n, seen.at] = [n, now];
  if (seen.rates.length > N_LOOKS) seen.rates.shift();
  const rate = seen.rates.at(-1) ?? 0;
  const failed = paths.reduce((sum, path) => sum + path.n_errors, 0);
  const refused = paths.reduce((sum, path) => sum + path.n_refused, 0);
  const row = (/** @type {Path} */ path) => h("tr", {}, h("th", { scope: "row" }, path.name), h("td", { class: "n" }, whole(path.n)),
    ...[0.5, 0.95, 0.99].map((of) => h("td", { class: "n" }, duration(quantile(path, of)))),
    h("td", {}, columns(classes(path), `How long ${path.name} took, from fast to slow`, "spark")),
    h("td", { class: "n" }, whole(path.n_refused)), h("td", { class: path.n_errors ? "n errors" : "n" }, whole(path.n_errors)));
  const names = ["Path", "Requests", "p50", "p95", "p99", "Spread", "Refused", "Failed"];
  board("latency").replaceChildren(
    figures([["Requests", whole(n)], ["A second, now", rate.toFixed(1)], ["Refused (4xx)", whole(refused)], ["Failed (5xx)", whole(failed)]]),
    h("h3", {}, "Requests a second"), line(seen.rates, N_LOOKS, `${rate.toFixed(1)} requests a second now`),
    h("p", { class: "axis" }, h("span", {}, `${(N_LOOKS * LOOK_MS) / 60000} minutes ago`), h("span", {}, "now")),
    h("h3", {}, "By path"),
    scroller("Paths", h("table", {}, h("caption", { class: "unseen" }, "Latency by path"),
      h("thead", {}, h("tr", {}, ...names.map((name) => h("th", { scope: "col", class: name === "Path" || name === "Spread" ? "" : "n" }, name)))), h("tbody", {}, ...paths.map(row)))));
}

/** @param {unknown} error */
function fail(error) {
  const said = sentence(error instanceof Error ? error.message : String(error));
  const forbidden = error instanceof Refused && error.status === 403;
  const again = async () => {
    if (!forbidden || (await askForKey(said))) await begin();
  };
  trouble.hidden = false;
  trouble.replaceChildren(h("h2", {}, "The server cannot be watched"), h("p", {}, said),
    h("button", { type: "button", class: "primary", onclick: () => void again() }, forbidden ? "Use another key" : "Try again"));
  status.textContent = "";
}

/** Looks once at what changes. @param {Catalogue} catalogue */
async function look(catalogue) {
  const [beats, metrics] = await Promise.all([ask("/page/pulse"), text("/metrics")]);
  showEvents(catalogue, beats);
  // Who reads the table with the keyboard or a screen reader keeps their place: it is drawn anew only while nobody is in it.
  if (!board("latency").contains(document.activeElement)) showLatency(readMetrics(metrics));
}

async function begin() {
  trouble.hidden = true;
  status.textContent = "One moment…";
  try {
    await open();
    const { catalogue, model, report } = await ask("/page/dashboard");
    showCatalogue(catalogue);
    showModel(model);
    showReport(report);
    await look(catalogue);
    element("boards", HTMLDivElement).hidden = false;
    status.textContent = `${catalogue.dataset}, answered by model ${model.version}.`;
    while (true) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      if (pause.getAttribute("aria-pressed") !== "true" && !document.hidden) await look(catalogue);
    }
  } catch (error) {
    fail(error);
  }
}

drawIcons();
pause.addEventListener("click", () => {
  const paused = pause.getAttribute("aria-pressed") !== "true";
  pause.setAttribute("aria-pressed", String(paused));
});
void begin();
