// What all tests of the pages share: a small drawn store, the real server over it, and a real browser.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

/** @import { ChildProcess } from "node:child_process" */
/** @import { Browser, BrowserContextOptions, Page } from "playwright-core" */

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TARGET = process.env.CARGO_TARGET_DIR ?? path.join(ROOT, "target");
const PROGRAM = process.env.WHISPERLITE_BIN ?? path.join(TARGET, "release", "whisperlite");
const CHROMIUM = process.env.WHISPERLITE_CHROMIUM ?? "/usr/bin/chromium";
/** Items of the store: more than two pages of the shop front. */
const N_ITEMS = 240;
/** A browser that asks nobody but the page's own server. */
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
/** Long enough for a machine that does other things, too. */
const PATIENCE_MS = 20_000;

/** @typedef {"light" | "dark"} Scheme */
export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 360, height: 740 };

/** A store, its server and a browser; all gone after `close`. */
export class Served {
  /** @param {string} home @param {ChildProcess} server @param {string} url @param {Browser} browser */
  constructor(home, server, url, browser) {
    /** Keys by their names, where the server asks for them. @type {Record<string, string>} */
    this.keys = {};
    this.home = home;
    this.server = server;
    this.url = url;
    this.browser = browser;
  }

  static async open() {
    const home = mkdtempSync(path.join(tmpdir(), "whisperlite-page-"));
    const store = path.join(home, "store");
    const drawn = spawnSync(PROGRAM, ["demo", store, "--items", String(N_ITEMS), "--no-serve"], { encoding: "utf8" });
    assert.equal(drawn.status, 0, `no store: ${drawn.error ?? drawn.stderr}`);
    // As it was made: a store that is served is not copied.
    cpSync(store, path.join(home, "made"), { recursive: true });
    const { server, url } = await serve(store);
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    return new Served(home, server, url, browser);
  }

  /** A server of a copy of the store that has keys of these names and scopes. @param {Record<string, string[]>} scopes */
  async withKeys(scopes) {
    const home = mkdtempSync(path.join(tmpdir(), "whisperlite-page-"));
    const store = path.join(home, "store");
    cpSync(path.join(this.home, "made"), store, { recursive: true });
    const { server, url } = await serve(store);
    const guarded = new Served(home, server, url, this.browser);
    for (const [name, opens] of Object.entries(scopes)) {
      const made = spawnSync(PROGRAM, ["--json", "keys", "create", store, "--name", name, ...opens.flatMap((scope) => ["--scope", scope])], { encoding: "utf8" });
      assert.equal(made.status, 0, made.stderr);
      guarded.keys[name] = JSON.parse(made.stdout).key;
    }
    // A running server reads the keys anew within a second.
    while (!(await guarded.ask("/page/config")).key_needed) await new Promise((resolve) => setTimeout(resolve, 50));
    return guarded;
  }

  /** Ends the server; the browser goes on. */
  async end() {
    const ended = new Promise((resolve) => this.server.once("exit", resolve));
    this.server.kill("SIGTERM");
    await ended;
    rmSync(this.home, { recursive: true });
  }

  async close() {
    await this.browser.close();
    await this.end();
  }

  /** The file of an item's picture. @param {string} itemId */
  pictureFile(itemId) {
    return path.join(this.home, "store", "drawn", "images", "00000", `${itemId}.png`);
  }

  /** Asks the server as any program does. @param {string} at @param {unknown} [body] */
  async ask(at, body) {
    const options = body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const response = await fetch(this.url + at, options);
    assert.ok(response.ok, `${at}: ${response.status}`);
    return response.json();
  }

  /**
   * Visits an address as somebody new, does something there, and checks that the page asked nobody else and had no trouble.
   * @param {string} at @param {(page: Page, visit: Visit) => Promise<void>} act @param {BrowserContextOptions} [options]
   */
  async visit(at, act, options = {}) {
    const context = await this.browser.newContext({ viewport: DESKTOP, colorScheme: "light", ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    try {
      const visit = new Visit(await context.newPage(), this.url);
      await visit.page.goto(this.url + at);
      await act(visit.page, visit);
      visit.check();
    } finally {
      await context.close();
    }
  }
}

/** Starts the server of a store. @param {string} store */
async function serve(store) {
  const server = spawn(PROGRAM, ["--json", "serve", store, "--port", "0", "--log-level", "error"], { stdio: ["ignore", "pipe", "inherit"] });
  return { server, url: await announced(server) };
}

/** The address that a server says it listens on. @param {ChildProcess} server @returns {Promise<string>} */
async function announced(server) {
  assert.ok(server.stdout);
  let said = "";
  for await (const line of createInterface(server.stdout)) {
    said += line;
    if (line.endsWith("}")) return JSON.parse(said).url;
  }
  throw new Error(`the server ended: ${said}`);
}

/** A page, and everything that it asked for and complained about. */
export class Visit {
  /** @type {string[]} */
  complaints = [];
  /** @type {{ path: string, body: any, answer: Promise<any> }[]} */
  asked = [];
  /** Complaints that a test means to cause. @type {RegExp[]} */
  expected = [];

  /** @param {Page} page @param {string} url */
  constructor(page, url) {
    this.page = page;
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("request", (request) => {
      if (!request.url().startsWith(`${url}/`) && !request.url().startsWith("data:")) this.complaints.push(`another origin: ${request.url()}`);
      if (request.method() !== "POST") return;
      const answer = request.response().then((response) => response?.json()).catch(() => null);
      this.asked.push({ path: new URL(request.url()).pathname, body: request.postDataJSON(), answer });
    });
  }

  /** What was asked of a path so far. @param {string} path */
  of(path) {
    return this.asked.filter((request) => request.path === path);
  }

  /** Events of a type that were told so far. @param {string} type */
  events(type) {
    return this.of("/v1/events").map(({ body }) => body).filter((event) => event.type === type);
  }

  check() {
    const unexpected = this.complaints.filter((complaint) => !this.expected.some((pattern) => pattern.test(complaint)));
    assert.deepEqual(unexpected, []);
  }
}

/** Waits until an answer stands on the page. @param {Page} page */
export async function answered(page) {
  await page.locator("#fitted:not([aria-busy]) .card:not(.ghost)").first().waitFor();
  await page.waitForFunction(() => !document.querySelector("[aria-busy]"));
}

/** Does something that asks anew, and waits for the answer to stand. @param {Page} page @param {() => Promise<unknown>} act */
export async function asking(page, act) {
  const response = page.waitForResponse((reply) => reply.url().endsWith("/v1/search") && reply.request().postDataJSON().explain === true);
  await act();
  await response;
  await page.waitForFunction(() => !document.querySelector("[aria-busy]"));
}

/** Ids of the items of a list, in order. @param {Page} page @param {string} [list] */
export async function shownIds(page, list = "#fitted") {
  const addresses = await page.locator(`${list} .open`).evaluateAll((links) => links.map((link) => /** @type {HTMLAnchorElement} */ (link).href));
  return addresses.map((address) => new URL(address).searchParams.get("item"));
}

/** The one store, server and browser of this run. @type {Served | undefined} */
let served;

export async function begin() {
  served = await Served.open();
}

export async function end() {
  await served?.close();
}

/** @returns {Served} */
export function shop() {
  assert.ok(served, "the server runs");
  return served;
}
