// @ts-check
// The shop as one shopper sees it: the question, what is shown for it, and what the shopper does, which changes what is shown next.

import { AnswerView, say } from "./answer.js";
import { tell } from "./deeds.js";
import { itemDialog } from "./item.js";
import { doings, keepDoings } from "./person.js";
import { asksForSomething, countsWithout, fitted, plain } from "./search.js";
import { ask } from "./server.js";
import { PAGE, address, read } from "./state.js";
import { counted, sentence } from "./text.js";

/** @import { Answer, Facet, Hit, Item, Store } from "./server.js" */
/** @import { Deed, Place } from "./deeds.js" */
/** @import { Shown } from "./cards.js" */
/** @import { Kept } from "./person.js" */
/** @import { Question } from "./state.js" */

export class Shop {
  question = read(location.search, history.state);
  /** Titles of items, as far as they are known. @type {Map<string, string>} */
  titles = new Map();
  /** What is shown now. @type {Shown[]} */
  #shown = [];
  /** The answer that it began with. @type {Answer | null} */
  #answer = null;
  #asking = new AbortController();
  /** Whether the shopper did something that the answer does not know yet. */
  #outdated = false;

  /**
   * @param {Store} store
   * @param {{ put: () => void, count: (facets: Record<string, Facet>) => void, beginRequest: () => void }} page the rest of the page
   */
  constructor(store, page) {
    this.store = store;
    this.page = page;
    this.view = new AnswerView({
      open: ({ hit, place }) => this.#look(hit, place),
      like: ({ hit, place }) => void this.like(hit, place),
      butDifferent: ({ hit }) => this.#startFrom(hit, ""),
      addressOf: ({ hit }) => this.#addressOf(hit.item_id),
    });
    this.dialog = itemDialog({
      like: (item, shown) => void this.like(item, shown?.place ?? null),
      dislike: (item, shown) => void this.#dislike(item, shown?.place ?? null),
      bag: (item, shown) => void this.bag(item, shown?.place ?? null),
      butDifferent: (item, words) => this.#startFrom(item, words),
      openSimilar: (hit, position, answer) => this.#look(hit, { queryId: answer.query_id, position, request: "" }),
      addressOf: (itemId) => this.#addressOf(itemId),
      stateOf: (itemId) => this.#marks(itemId),
      close: () => this.#closed(),
    }, store.pictures);
    addEventListener("popstate", () => this.#wentBack());
  }

  /** Asks something else. @param {Partial<Question>} wanted @param {"push" | "replace"} [how] */
  change(wanted, how = "push") {
    const before = this.question;
    const sameAnswer = Object.keys(wanted).every((key) => key === "item" || key === "shown");
    this.question = { ...before, ...(sameAnswer ? {} : { shown: PAGE, item: "" }), ...wanted };
    const { picture, item } = this.question;
    const written = address(this.question);
    // What changes nothing is no step to go back.
    const step = how === "push" && written !== address(before) ? "pushState" : "replaceState";
    history[step]({ picture, opened: item !== "" && before.item === "" }, "", written);
    this.#follow(before, sameAnswer);
  }

  #wentBack() {
    const before = this.question;
    this.question = read(location.search, history.state);
    const searched = (/** @type {Question} */ question) => address({ ...question, item: "", shown: PAGE }) + (question.picture?.data ?? "");
    this.#follow(before, searched(before) === searched(this.question));
  }

  /** @param {Question} before @param {boolean} sameAnswer */
  #follow(before, sameAnswer) {
    this.page.put();
    if (!sameAnswer) void this.search();
    if (before.item !== this.question.item) this.showItem();
  }

  /** Looks closer at the item of the address, if it has one. */
  showItem() {
    const { item } = this.question;
    if (item === "") this.dialog.close();
    else void this.dialog.open(item, this.#shown.find(({ hit }) => hit.item_id === item) ?? null);
  }

  /** The dialog was closed, by its button or by the escape key. */
  #closed() {
    const { item } = this.question;
    if (item !== "") {
      if (history.state?.opened) history.back();
      else this.change({ item: "" });
    }
    const refreshed = this.#outdated ? this.search() : Promise.resolve();
    void refreshed.then(() => this.view.fitted.focus(item));
  }

  /** @param {string} itemId */
  #addressOf(itemId) {
    return address({ ...this.question, item: itemId });
  }

  /** Answers the question anew, as long as it was. */
  async search() {
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    const { question, store } = this;
    const limit = question.shown;
    this.#outdated = false;
    this.view.wait(question);
    try {
      const [answer, beside, counts] = await Promise.all([
        fitted(question, { limit, offset: 0, facets: store.facets }, signal),
        question.beside ? plain(question, limit, signal) : null,
        store.facets.length ? countsWithout(question, signal) : {},
        this.#nameLiked(signal),
      ]);
      if (signal.aborted) return;
      this.#answer = answer;
      this.#shown = this.#toShow(answer, 0);
      this.page.count({ ...answer.facets, ...counts });
      this.page.put();
      this.#show(beside);
      if (answer.hits.length === 0) this.view.showEmpty(question, answer, (wanted) => this.change(wanted));
    } catch (error) {
      if (!signal.aborted) this.view.fail(error, () => void this.search(), () => location.assign("/"));
    }
  }

  /** Shows the next items of the same answer. */
  async more() {
    const offset = this.#shown.length;
    const { signal } = this.#asking;
    try {
      const answer = await fitted(this.question, { limit: PAGE, offset, facets: [] }, signal);
      if (signal.aborted) return;
      const known = new Set(this.#shown.map(({ hit }) => hit.item_id));
      const fresh = this.#toShow(answer, offset).filter(({ hit }) => !known.has(hit.item_id));
      this.#shown = [...this.#shown, ...fresh];
      this.change({ shown: offset + PAGE }, "replace");
      const beside = this.question.beside ? await plain(this.question, this.#shown.length, signal) : null;
      if (signal.aborted) return;
      this.#show(beside, answer.hits.length === PAGE);
      const first = fresh[0];
      if (first) this.view.fitted.focus(first.hit.item_id);
    } catch (error) {
      if (!signal.aborted) say(sentence(error instanceof Error ? error.message : String(error)));
    }
  }

  /** @param {Answer | null} beside @param {boolean} [mayGoOn] */
  #show(beside, mayGoOn = this.#shown.length >= this.question.shown) {
    if (!this.#answer) return;
    const ranks = beside && new Map(beside.hits.map((hit, rank) => [hit.item_id, rank + 1]));
    const compared = this.#shown.map((shown) => ({ ...shown, plainRank: ranks && (ranks.get(shown.hit.item_id) ?? 0) }));
    this.view.show(this.question, this.#answer, compared, beside && this.#toShow(beside, 0), mayGoOn);
  }

  /** @param {Answer} answer @param {number} offset @returns {Shown[]} */
  #toShow(answer, offset) {
    const { user, q } = this.question;
    const asked = asksForSomething(this.question);
    return answer.hits.map((hit, rank) => {
      this.titles.set(hit.item_id, hit.title);
      const place = { queryId: answer.query_id, position: offset + rank + 1, request: q };
      return { hit, place, user, asked, pictures: this.store.pictures, liked: this.#marks(hit.item_id).liked, plainRank: null };
    });
  }

  /** Titles of items that the address names and that were not shown before. @param {AbortSignal} signal */
  async #nameLiked(signal) {
    const unknown = this.question.like.filter((itemId) => !this.titles.has(itemId));
    const name = async (/** @type {string} */ itemId) => {
      const item = /** @type {Item} */ (await ask(`/v1/items/${encodeURIComponent(itemId)}`, undefined, { signal }));
      this.titles.set(itemId, item.title || itemId);
    };
    await Promise.all(unknown.map(name));
  }

  /** @param {Hit} hit @param {Place} place */
  #look(hit, place) {
    void this.#did("click", hit.item_id, place);
    this.titles.set(hit.item_id, hit.title);
    this.change({ item: hit.item_id });
  }

  /** @param {Item} item @param {string} words */
  #startFrom(item, words) {
    this.titles.set(item.item_id, item.title);
    this.change({ like: [item.item_id], q: words, picture: null, item: "" });
    if (words === "") this.page.beginRequest();
  }

  /** @param {string} itemId */
  #marks(itemId) {
    const { likes, bag } = doings(this.question.user);
    return { liked: likes.includes(itemId), bagged: bag.some((kept) => kept.item_id === itemId) };
  }

  /** Somebody likes an item: the next answer knows it. @param {Item} item @param {Place | null} place */
  async like(item, place) {
    const { user } = this.question;
    const now = doings(user);
    if (now.likes.includes(item.item_id)) return say("You like this one already.");
    keepDoings(user, { ...now, likes: [...now.likes, item.item_id] });
    await this.#didAndShow("like", item, place, `You like ${item.title}.`);
  }

  /** @param {Item} item @param {Place | null} place */
  async #dislike(item, place) {
    const { user } = this.question;
    const now = doings(user);
    keepDoings(user, { ...now, likes: now.likes.filter((itemId) => itemId !== item.item_id) });
    await this.#didAndShow("dislike", item, place, "Noted: not for you.");
  }

  /** Puts an item into the bag, or takes it out. @param {Kept & Partial<Item>} item @param {Place | null} place */
  async bag(item, place) {
    const { user } = this.question;
    const now = doings(user);
    const { item_id, title, price } = item;
    const without = now.bag.filter((kept) => kept.item_id !== item_id);
    const out = without.length < now.bag.length;
    keepDoings(user, { ...now, bag: out ? without : [...now.bag, { item_id, title, price }] });
    await this.#didAndShow(out ? "remove_from_cart" : "add_to_cart", item, place, out ? `Taken out: ${title}.` : `In your bag: ${title}.`);
  }

  /** @param {Deed} deed @param {{ item_id: string }} item @param {Place | null} place @param {string} said */
  async #didAndShow(deed, item, place, said) {
    this.view.fitted.each((shown) => ({ ...shown, liked: this.#marks(shown.hit.item_id).liked }));
    this.dialog.refresh();
    this.page.put();
    const told = await this.#did(deed, item.item_id, place);
    if (!told) return;
    if (this.question.item !== "") return say(said);
    const before = new Set(this.#shown.map(({ hit }) => hit.item_id));
    await this.search();
    const fresh = this.#shown.filter(({ hit }) => !before.has(hit.item_id)).length;
    say(fresh ? `${said} ${counted(fresh, "item is", "items are")} new below.` : `${said} The order knows it.`);
  }

  /** @param {Deed} deed @param {string} itemId @param {Place | null} place @returns {Promise<boolean>} whether it is stored */
  async #did(deed, itemId, place) {
    const { user } = this.question;
    try {
      await tell(deed, itemId, user, place);
      this.#outdated = true;
      return true;
    } catch (error) {
      say(`This was not stored: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  }
}
