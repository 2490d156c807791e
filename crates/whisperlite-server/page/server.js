// @ts-check
// The server that this page came from, and what it answers with.

/**
 * @typedef {{ item_id: string, title: string, share: number }} PastItem
 * @typedef {{ popularity: number, words: number, taste: number, past_items: PastItem[] }} Explanation
 * @typedef {{ item_id: string, title: string, category: string, price: number | null, attributes: Record<string, string>, explanation?: Explanation }} Hit
 * @typedef {{ query_id: string, hits: Hit[], notes: { code: string, message: string }[], processing_time_ms: number }} Answer
 * @typedef {{ user_id: string, n_events: number, latest: string[] }} Shopper
 */

/**
 * Asks a path, with a body in JSON if there is one; throws what is wrong, in the server's words.
 *
 * @param {string} path
 * @param {unknown} [body]
 */
export async function ask(path, body) {
  const options = body === undefined
    ? {}
    : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(path, options);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail ?? answer.title ?? `the server answered ${response.status}`);
  return answer;
}
