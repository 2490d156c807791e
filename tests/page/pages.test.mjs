// The pages of `whisperlite serve`, in a real browser. One process: the store, the server and the browser are started once.

import { after, before } from "node:test";

import { begin, end } from "./support.mjs";

before(begin);
after(end);

await import("./asking.mjs");
await import("./doing.mjs");
await import("./trouble.mjs");
await import("./dashboard.mjs");
await import("./keys.mjs");
await import("./access.mjs");
await import("./study.mjs");
