// @ts-check
// Small drawings of numbers. Each has its words in a label, or beside it, for who does not see it.

import { svg } from "./dom.js";

const WIDTH = 400;
const HEIGHT = 100;

/** Columns beside each other. @param {number[]} counts @param {string} label @param {string} [kind] */
export function columns(counts, label, kind = "chart") {
  const largest = Math.max(1, ...counts);
  const wide = WIDTH / Math.max(1, counts.length);
  const column = (/** @type {number} */ count, /** @type {number} */ place) => {
    const height = count === 0 ? 0 : Math.max(2, (count / largest) * (HEIGHT - 2));
    return svg("rect", { class: "column", x: place * wide + wide * 0.1, y: HEIGHT - height, width: wide * 0.8, height });
  };
  const base = svg("line", { class: "base", x1: 0, x2: WIDTH, y1: HEIGHT - 0.5, y2: HEIGHT - 0.5 });
  return svg("svg", { class: kind, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label }, ...counts.map(column), base);
}

/** A line over time, the newest at the right. @param {number[]} values @param {number} n_places @param {string} label */
export function line(values, n_places, label) {
  const largest = Math.max(1e-9, ...values);
  const step = WIDTH / Math.max(1, n_places - 1);
  const first = n_places - values.length;
  const points = values.map((value, place) => `${((first + place) * step).toFixed(1)},${(HEIGHT - 2 - (value / largest) * (HEIGHT - 8)).toFixed(1)}`);
  const base = svg("line", { class: "base", x1: 0, x2: WIDTH, y1: HEIGHT - 0.5, y2: HEIGHT - 0.5 });
  const drawn = points.length < 2 ? [] : [
    svg("polygon", { class: "below", points: `${first * step},${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}` }),
    svg("polyline", { class: "line", points: points.join(" ") }),
  ];
  return svg("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label }, ...drawn, base);
}

/** A mean with its interval, on a scale from 0. @param {{ mean: number, low: number, high: number }} of @param {number} largest */
export function interval({ mean, low, high }, largest) {
  const at = (/** @type {number} */ value) => 3 + (value / largest) * 114;
  return svg("svg", { class: "interval", viewBox: "0 0 120 16", "aria-hidden": "true" },
    svg("line", { class: "track", x1: 3, x2: 117, y1: 8, y2: 8 }),
    svg("line", { class: "whisker", x1: at(low), x2: at(high), y1: 8, y2: 8 }),
    svg("line", { class: "whisker", x1: at(low), x2: at(low), y1: 4, y2: 12 }),
    svg("line", { class: "whisker", x1: at(high), x2: at(high), y1: 4, y2: 12 }),
    svg("circle", { class: "mean", cx: at(mean), cy: 8, r: 3.5 }));
}

/** A part of a whole. @param {number} part from 0 to 1 */
export function share(part) {
  return svg("svg", { class: "share", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: "all", width: 100, height: 8 }), svg("rect", { class: "part", width: 100 * part, height: 8 }));
}
