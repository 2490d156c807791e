// @ts-check
// The contract of the server, for people: what /openapi.json says, as a page.

import { h } from "./dom.js";

/** @typedef {{ $ref?: string, type?: string | string[], items?: Schema, oneOf?: Schema[], anyOf?: Schema[], allOf?: Schema[], enum?: unknown[], properties?: Record<string, Schema>, required?: string[], description?: string, default?: unknown, minimum?: number, maximum?: number, minLength?: number, maxLength?: number, maxItems?: number, additionalProperties?: Schema | boolean }} Schema */
/** @typedef {{ description?: string, content?: Record<string, { schema?: Schema }> }} Message */
/** @typedef {{ summary?: string, description?: string, parameters?: { name: string, in: string, required?: boolean, description?: string, schema?: Schema }[], requestBody?: Message, responses: Record<string, Message> }} Operation */

/** Text in which `code` stands between backticks. @param {string} [text] */
const prose = (text = "") =>
  text.split("`").map((part, place) => (place % 2 === 1 ? h("code", {}, part) : part));

/** What a value may be; named shapes are links. @param {Schema} [schema] @returns {(Node | string)[]} */
function kind(schema) {
  if (!schema) return [];
  if (schema.$ref) {
    const name = schema.$ref.split("/").at(-1) ?? "";
    return [h("a", { href: `#shape-${name}` }, name)];
  }
  const several = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (several) return several.flatMap((one, place) => [place ? " or " : "", ...kind(one)]);
  if (schema.items) return ["list of ", ...kind(schema.items)];
  if (typeof schema.additionalProperties === "object") return ["object of ", ...kind(schema.additionalProperties)];
  return [[schema.type ?? "anything"].flat().join(" or ")];
}

/** What bounds a value. @param {Schema} schema */
function bounds(schema) {
  const said = [];
  if (schema.enum) said.push(`one of ${schema.enum.map((value) => `\`${value}\``).join(", ")}`);
  if (schema.minimum !== undefined || schema.maximum !== undefined) said.push(`from ${schema.minimum ?? "any"} to ${schema.maximum ?? "any"}`);
  if (schema.maxLength !== undefined) said.push(`${schema.minLength ?? 0} to ${schema.maxLength} characters`);
  if (schema.maxItems !== undefined) said.push(`at most ${schema.maxItems}`);
  if (schema.default !== undefined) said.push(`default \`${JSON.stringify(schema.default)}\``);
  return said.join("; ");
}

/** @param {string[]} heads @param {(Node | string)[][][]} rows */
function table(heads, rows) {
  const head = h("tr", {}, ...heads.map((text) => h("th", { scope: "col" }, text)));
  const body = rows.map((cells) => h("tr", {}, ...cells.map((cell) => h("td", {}, ...cell))));
  return h("div", { class: "scroll" }, h("table", {}, h("thead", {}, head), h("tbody", {}, ...body)));
}

/** The fields of an object. @param {Schema} schema */
function fields(schema) {
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const need = schema.required?.includes(name) ? " (needed)" : "";
    return [[h("code", {}, name), need], kind(field), [...prose(field.description), " ", ...prose(bounds(field))]];
  });
  return rows.length ? table(["Field", "Type", "Meaning"], rows) : h("p", {}, ...kind(schema), " ", ...prose(bounds(schema)));
}

/** @param {string} method @param {string} path @param {Operation} operation */
function section(method, path, operation) {
  const id = `${method}-${path}`;
  const made = h("section", { id, "aria-label": `${method.toUpperCase()} ${path}` },
    h("h2", {}, h("code", {}, `${method.toUpperCase()} ${path}`)), h("p", {}, ...prose(operation.summary)));
  if (operation.description) made.append(h("p", {}, ...prose(operation.description)));
  const parameters = (operation.parameters ?? []).map((parameter) => [
    [h("code", {}, parameter.name), parameter.required ? " (needed)" : ""],
    kind(parameter.schema),
    [...prose(parameter.description), " ", ...prose(bounds(parameter.schema ?? {}))],
  ]);
  if (parameters.length) made.append(h("h3", {}, "Parameters"), table(["Name", "Type", "Meaning"], parameters));
  for (const [type, { schema }] of Object.entries(operation.requestBody?.content ?? {})) {
    made.append(h("h3", {}, "Body"), h("p", {}, h("code", {}, type), ": ", ...kind(schema)));
  }
  const answers = Object.entries(operation.responses).map(([status, message]) => [
    [h("code", {}, status)], prose(message.description), Object.values(message.content ?? {}).flatMap(({ schema }) => kind(schema)),
  ]);
  made.append(h("h3", {}, "Answers"), table(["Status", "Meaning", "Body"], answers));
  return made;
}

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

try {
  const contract = await (await fetch("/openapi.json")).json();
  byId("about").replaceChildren(...prose(contract.info.description));
  for (const [path, methods] of Object.entries(contract.paths)) {
    for (const [method, operation] of Object.entries(/** @type {Record<string, Operation>} */ (methods))) {
      byId("paths").append(section(method, path, operation));
      byId("contents").append(h("a", { href: `#${method}-${path}` }, `${method.toUpperCase()} ${path}`));
    }
  }
  for (const [name, schema] of Object.entries(/** @type {Record<string, Schema>} */ (contract.components.schemas))) {
    byId("shapes").append(h("h3", { id: `shape-${name}` }, name), h("p", {}, ...prose(schema.description)), fields(schema));
  }
} catch (error) {
  byId("about").textContent = `The contract cannot be read: ${error instanceof Error ? error.message : error}`;
}
