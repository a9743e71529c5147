// Draws openapi.json. Everything from the document becomes text nodes, never HTML.
"use strict";

let doc;
const METHODS = ["get", "post", "put", "patch", "delete"];

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (value !== null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null));
  return node;
}

function resolve(thing) {
  while (thing && thing.$ref) thing = thing.$ref.slice(2).split("/").reduce((place, name) => place[name], doc);
  return thing || {};
}

// **bold** and `code` of a line
function inline(text) {
  return text.split(/(\*\*[^*]+\*\*|`[^`]+`)/).filter(Boolean).map((part) => {
    if (part.startsWith("**")) return el("strong", {}, part.slice(2, -2));
    if (part.startsWith("`")) return el("code", {}, part.slice(1, -1));
    return part;
  });
}

// paragraphs and "- " lists
function prose(text) {
  const nodes = [];
  let list = null;
  for (const line of (text || "").replace(/\n {2}/g, " ").split("\n")) {
    if (line.startsWith("- ")) {
      if (!list) nodes.push(list = el("ul"));
      list.append(el("li", {}, inline(line.slice(2))));
    } else {
      list = null;
      if (line.trim()) nodes.push(el("p", {}, inline(line)));
    }
  }
  return nodes;
}

function span(least, most) {
  return least === most ? String(most) : `${least}–${most}`;
}

function typeOf(schema) {
  schema = resolve(schema);
  const types = [].concat(schema.type || (schema.properties ? "object" : "any"));
  const of = types.map((type) => (type === "array" ? `${typeOf(schema.items)}[]` : type)).join(" | ");
  const bounds = [
    schema.format,
    schema.enum && schema.enum.map((word) => JSON.stringify(word)).join(", "),
    schema.minimum !== undefined && `${schema.minimum}–${schema.maximum ?? "…"}`,
    schema.maxLength !== undefined && `${span(schema.minLength ?? 0, schema.maxLength)} characters`,
    schema.maxItems !== undefined && `at most ${schema.maxItems}`,
    schema.default !== undefined && `default ${JSON.stringify(schema.default)}`,
  ];
  return [of, ...bounds.filter(Boolean)].join(" · ");
}

function rows(schema, depth = 0) {
  schema = resolve(schema);
  if ([].concat(schema.type).includes("array")) return rows(schema.items, depth);
  return Object.entries(schema.properties || {}).flatMap(([name, field]) => {
    const inner = resolve(field);
    const must = (schema.required || []).includes(name);
    const nested = inner.properties || resolve(inner.items).properties ? rows(inner, Math.min(depth + 1, 3)) : [];
    return [row(name, must, inner, depth, field.description || inner.description), ...nested];
  });
}

function row(name, must, schema, depth, description) {
  return el("tr", {},
    el("td", { class: `d${depth}` }, el("code", {}, name), must ? el("span", { class: "must" }, "required") : null),
    el("td", {}, el("span", { class: "type" }, typeOf(schema)), ...prose(description)));
}

function example(schema, depth = 0) {
  schema = resolve(schema);
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  const type = [].concat(schema.type || "object")[0];
  if (type === "array") return depth > 3 ? [] : [example(schema.items, depth + 1)];
  if (type === "object") {
    return Object.fromEntries(Object.entries(schema.properties || {}).map(([name, field]) => [name, example(field, depth + 1)]));
  }
  const words = { "date-time": "2026-03-02T04:00:00Z", date: "2026-03-02" };
  return { integer: schema.minimum ?? 0, number: 0, boolean: true, string: words[schema.format] || "…" }[type] ?? null;
}

function curl(method, path, operation, body) {
  const lines = [`curl -X ${method.toUpperCase()} '${location.origin}${path}'`];
  if ((operation.security || []).length) lines.push("-H \"Authorization: Bearer $TOKEN\"");
  for (const each of operation.parameters || []) {
    if (resolve(each).in === "header") lines.push(`-H '${resolve(each).name}: ${resolve(each).example || "…"}'`);
  }
  if (body) lines.push("-H 'Content-Type: application/json'", `-d '${JSON.stringify(body)}'`);
  return lines.join(" \\\n  ");
}

function answer(status, response) {
  response = resolve(response);
  const [first, ...rest] = (response.description || "").split("\n");
  const content = Object.values(response.content || {})[0];
  const fields = content ? rows(content.schema) : [];
  const headers = Object.entries(response.headers || {}).map(([name, header]) =>
    row(name, false, resolve(header).schema, 0, resolve(header).description));
  const label = el("summary", {},
    el("span", { class: `status ${status.startsWith("2") ? "ok" : "no"}` }, status), ...inline(first));
  return el("details", { open: status.startsWith("2") && fields.length ? "" : null }, label, el("div", {}, ...prose(rest.join("\n")),
    fields.length ? el("table", {}, fields) : el("p", { class: "quiet" }, "No body."),
    headers.length ? el("table", {}, headers) : null));
}

function card(method, path, operation, shared) {
  const media = Object.values((operation.requestBody || {}).content || {})[0];
  const parameters = [...shared, ...(operation.parameters || [])].map(resolve);
  const body = media ? example(media.schema) : null;
  const line = curl(method, path, operation, body);
  const copy = el("button", { type: "button", on: { click: async () => {
    await navigator.clipboard.writeText(line);
    copy.textContent = "copied";
    setTimeout(() => { copy.textContent = "curl"; }, 1200);
  } } }, "curl");
  const chips = el("span", { class: "tail" },
    el("span", { class: "chip" }, (operation.security || []).length ? "token" : "public"), copy);
  const answers = Object.entries(operation.responses).filter(([status]) => status !== "default");
  return el("section", { class: "card", id: operation.operationId },
    el("div", { class: "head" }, el("span", { class: `method ${method}` }, method.toUpperCase()),
      el("span", { class: "path" }, path), chips),
    el("p", {}, el("strong", {}, inline(operation.summary))), ...prose(operation.description),
    parameters.length ? el("h4", {}, "Parameters") : null,
    parameters.length ? el("table", {}, parameters.map((each) =>
      row(`${each.name}  (${each.in})`, each.required, each.schema, 0, each.description))) : null,
    media ? el("h4", {}, "Body") : null,
    media ? el("table", {}, rows(media.schema)) : null,
    media ? el("pre", {}, JSON.stringify(body, null, 2)) : null,
    el("h4", {}, "Answers"), answers.map(([status, response]) => answer(status, response)));
}

function draw() {
  const operations = Object.entries(doc.paths).flatMap(([path, methods]) => METHODS.filter((method) => methods[method])
    .map((method) => ({ method, path, operation: methods[method], shared: methods.parameters || [] })));
  document.title = `${doc.info.title} API`;
  const main = document.getElementById("main");
  main.replaceChildren(el("div", { id: "top" }, el("h1", {}, `${doc.info.title} API`),
    el("p", { class: "quiet" }, `Version ${doc.info.version} · ${operations.length} operations · `,
      el("a", { href: "openapi.json" }, "openapi.json"))), el("div", { class: "card" }, prose(doc.info.description)));
  const list = document.getElementById("list");
  for (const tag of doc.tags) {
    const mine = operations.filter(({ operation }) => operation.tags.includes(tag.name));
    main.append(el("h2", {}, tag.name), el("p", { class: "quiet" }, tag.description || ""));
    list.append(el("div", {}, el("b", {}, tag.name), mine.map(({ method, path, operation }) =>
      el("a", { href: `#${operation.operationId}`, "data-words": `${method} ${path} ${operation.summary}`.toLowerCase() },
        el("span", { class: `method ${method}` }, method.toUpperCase()),
        el("span", { class: "name" }, inline(operation.summary))))));
    main.append(...mine.map(({ method, path, operation, shared }) => card(method, path, operation, shared)));
  }
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView({ behavior: "instant" });
  const seen = new IntersectionObserver((entries) => entries.forEach((entry) => {
    const link = list.querySelector(`a[href="#${entry.target.id}"]`);
    if (link) link.classList.toggle("here", entry.isIntersecting);
  }), { rootMargin: "-10% 0px -70% 0px" });
  main.querySelectorAll("section").forEach((section) => seen.observe(section));
}

document.getElementById("find").addEventListener("input", ({ target }) => {
  for (const link of document.querySelectorAll("#list a")) link.hidden = !link.dataset.words.includes(target.value.toLowerCase());
  for (const group of document.querySelectorAll("#list > div")) group.hidden = !group.querySelector("a:not([hidden])");
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement.tagName !== "INPUT") {
    event.preventDefault();
    document.getElementById("find").focus();
  }
});
fetch("openapi.json").then((response) => response.json()).then((found) => { doc = found; draw(); })
  .catch(() => document.getElementById("main").replaceChildren("The document could not be loaded; please reload the page."));
