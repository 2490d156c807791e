// @ts-check
// The server that this page came from, and what it answers with.

/**
 * @typedef {{ item_id: string, title: string, share: number }} PastItem
 * @typedef {{ popularity: number, words: number, taste: number, past_items: PastItem[] }} Explanation
 * @typedef {{ item_id: string, title: string, category: string, price: number | null, attributes: Record<string, string>, explanation?: Explanation }} Hit
 * @typedef {{ query_id: string, hits: Hit[], notes: { code: string, message: string }[], processing_time_ms: number }} Answer
 * @typedef {{ user_id: string, n_events: number, latest: string[] }} Shopper
 */

const KEY = "whisperlite-key";

/** What goes with a request: the key, where the server asks for one. It is kept for the session. */
function headers() {
  const key = sessionStorage.getItem(KEY);
  return { "content-type": "application/json", ...(key ? { authorization: `Bearer ${key}` } : {}) };
}

/**
 * Asks a path, with a body in JSON if there is one; throws what is wrong, in the server's words. A key is asked for where one is needed.
 *
 * @param {string} path
 * @param {unknown} [body]
 */
export async function ask(path, body) {
  const send = () => fetch(path, body === undefined
    ? { headers: headers() }
    : { method: "POST", headers: headers(), body: JSON.stringify(body) });
  let response = await send();
  if (response.status === 401) {
    const key = prompt("This server asks for a key (whisperlite keys create makes one):");
    if (key) {
      sessionStorage.setItem(KEY, key.trim());
      response = await send();
    }
  }
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail ?? answer.title ?? `the server answered ${response.status}`);
  return answer;
}
