// @ts-check
// Reads what the server counts for Prometheus: how often each path was asked, how long it took, and with what end.

const NAME = "whisperlite_http_request_duration_seconds";

/**
 * Requests of one path.
 * @typedef {object} Path
 * @property {string} name method and path
 * @property {number} n requests
 * @property {number} n_errors of them, those that the server failed (5xx)
 * @property {number} n_refused of them, those that it refused (4xx)
 * @property {number} sum seconds, all together
 * @property {[number, number][]} below for each bound in seconds, how many requests took no longer
 */

/** @param {string} text @returns {Record<string, string>} */
function labelsOf(text) {
  return Object.fromEntries(Array.from(text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g), ([, name, value]) => [name, value]));
}

/** @param {string} text what `/metrics` says @returns {Path[]} */
export function readMetrics(text) {
  /** @type {Map<string, Path>} */
  const paths = new Map();
  for (const [, kind, labels = "", value] of text.matchAll(new RegExp(`^${NAME}_(bucket|sum|count)\\{(.*)\\} (\\S+)$`, "gm"))) {
    const { method, path, status = "", le = "" } = labelsOf(labels);
    const name = `${method} ${path}`;
    const of = paths.get(name) ?? { name, n: 0, n_errors: 0, n_refused: 0, sum: 0, below: [] };
    paths.set(name, of);
    const number = Number(value);
    if (kind === "sum") of.sum += number;
    if (kind === "count") {
      of.n += number;
      if (status.startsWith("5")) of.n_errors += number;
      if (status.startsWith("4")) of.n_refused += number;
    }
    if (kind === "bucket") addBelow(of, le === "+Inf" ? Infinity : Number(le), number);
  }
  return [...paths.values()].sort((a, b) => b.n - a.n);
}

/** @param {Path} path @param {number} bound @param {number} n */
function addBelow(path, bound, n) {
  const known = path.below.find(([other]) => other === bound);
  if (known) known[1] += n;
  else path.below.push([bound, n]);
}

/**
 * The duration that this share of the requests did not exceed, between the bounds of its class by proportion.
 * @param {Path} path @param {number} share @returns {number} seconds; that of the last bound, where it lies beyond
 */
export function quantile(path, share) {
  const wanted = share * path.n;
  let [before, n_before] = [0, 0];
  for (const [bound, n] of path.below) {
    if (n >= wanted && n > n_before) {
      if (bound === Infinity) return before;
      return before + ((wanted - n_before) / (n - n_before)) * (bound - before);
    }
    [before, n_before] = [bound, n];
  }
  return NaN;
}

/** How many requests fell into each class. @param {Path} path */
export const classes = (path) => path.below.map(([, n], place) => n - (path.below[place - 1]?.[1] ?? 0));
