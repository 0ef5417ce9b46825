// Judges the description of the API, and answers of the service by it. On stdin, as JSON: `document`; `answers`, each with
// method, path (as the document has it), status, headers, type, and `body` or the parts of a stream (`lines`, `events`,
// `frames`); `requests`, each with a body and whether it was accepted; `excused`, what no answer need show. Prints what is
// wrong, a line each, and ends with 1 if anything is.
import {createRequire} from "node:module";
import {join} from "node:path";
import {json} from "node:stream/consumers";
import {pathToFileURL} from "node:url";

const modules = join(process.env.PAGE_MODULES, "node_modules/");
const require = createRequire(modules);
const Ajv = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;
const {Validator} = await import(pathToFileURL(join(modules, "@seriousme/openapi-schema-validator/index.js")));

const told = await json(process.stdin);
const wrong = [];
const methods = ["get", "post", "put", "delete", "patch"];

const plainOf = (node) => node && typeof node === "object" && !Array.isArray(node);
const escaped = (key) => key.replaceAll("~", "~0").replaceAll("/", "~1");
const at = (pointer, key) => `${pointer}/${escaped(key)}`;

function nodeAt(pointer) {
  return pointer.split("/").slice(1).reduce((node, key) => node[key.replaceAll("~1", "/").replaceAll("~0", "~")], told.document);
}
// Where a reference leads, else where it stands itself.
function follow(pointer) {
  const ref = nodeAt(pointer)?.$ref;
  return ref && !pointer.includes("schema") ? follow(ref.slice(1)) : pointer;
}

// Where a schema is used for a whole value, that value has no key the schema does not know: so is nothing left undescribed.
function closeHere(schema) {
  if (!plainOf(schema)) return;
  if ((schema.$ref || schema.properties) && schema.additionalProperties === undefined) schema.unevaluatedProperties = false;
  closeInside(schema);
}
function closeInside(schema) {
  if (!plainOf(schema)) return;
  Object.values(schema.properties ?? {}).forEach(closeHere);
  closeHere(schema.items);
  closeHere(schema.additionalProperties);
  for (const each of schema.oneOf ?? []) closeHere(each);
}
function closeContents(node) {
  for (const [key, each] of Object.entries(node ?? {})) {
    if (["schema", "x-line", "x-frame"].includes(key)) closeHere(each);
    else if (key === "x-events") Object.values(each).forEach(closeHere);
    else if (each && typeof each === "object") closeContents(each);
  }
}
function closed(document) {
  const copy = structuredClone(document);
  Object.values(copy.components.schemas).forEach(closeInside);
  for (const part of [copy.paths, copy.components.responses]) closeContents(part);
  return copy;
}

const ajv = new Ajv({strict: false, allErrors: true});
addFormats(ajv);
ajv.addSchema(closed(told.document), "api.json");

function problems(pointer, value) {
  const judge = ajv.getSchema(`api.json#${pointer.split("/").map(encodeURIComponent).join("/")}`);
  if (!judge) return [`no schema at ${pointer}`];
  return judge(value) ? [] : judge.errors.map((each) => `${each.instancePath || "the whole"} ${each.message} ${JSON.stringify(each.params)}`);
}
const check = (where, pointer, value) => wrong.push(...problems(pointer, value).map((each) => `${where}: ${each}`));

const shown = new Set();

function judgeHeaders(where, response, headers) {
  for (const name of Object.keys(nodeAt(response).headers ?? {})) {
    const pointer = follow(at(`${response}/headers`, name));
    const {required, schema} = nodeAt(pointer);
    const value = headers[name.toLowerCase()];
    if (value === undefined && required) wrong.push(`${where}: the field ${name} is missing`);
    if (value !== undefined) check(`${where}: ${name}`, `${pointer}/schema`, schema.type === "integer" ? Number(value) : value);
  }
}

function judgeContent(where, response, answer) {
  const kinds = Object.keys(nodeAt(response).content ?? {});
  if (answer.frames) return answer.frames.forEach((each) => check(where, `${response}/x-frame`, each));
  if (kinds.length === 0) return answer.body === "" || wrong.push(`${where}: a body where none is documented`);
  if (!kinds.includes(answer.type)) return wrong.push(`${where}: ${answer.type} is not documented`);
  shown.add(`${where} ${answer.type}`);
  const content = at(`${response}/content`, answer.type);
  check(where, `${content}/schema`, answer.type.endsWith("json") && !answer.lines ? JSON.parse(answer.body) : answer.body);
  for (const each of answer.lines ?? []) check(where, `${content}/x-line`, each);
  for (const each of answer.events ?? []) check(where, at(`${content}/x-events`, each.event), each.data);
}

function judgeAnswer(answer) {
  const operation = `${at("/paths", answer.path)}/${answer.method.toLowerCase()}`;
  const responses = nodeAt(operation).responses;
  const key = responses[answer.status] ? String(answer.status) : "default";
  const where = `${answer.method} ${answer.path} ${key}`;
  if (key === "default" && answer.status < 400) return wrong.push(`${where}: ${answer.status} is not documented`);
  const response = follow(`${operation}/responses/${key}`);
  shown.add(where);
  judgeHeaders(where, response, answer.headers);
  judgeContent(where, response, answer);
}

function operations() {
  return Object.entries(told.document.paths).flatMap(([path, item]) =>
    methods.filter((method) => item[method]).map((method) => ({path, method, responses: item[method].responses})));
}

// Every response, and every media type of it, was shown.
function judgeCoverage() {
  for (const {path, method, responses} of operations()) {
    for (const key of Object.keys(responses)) {
      const where = `${method.toUpperCase()} ${path} ${key}`;
      const response = follow(`${at("/paths", path)}/${method}/responses/${key}`);
      const kinds = Object.keys(nodeAt(response).content ?? {}).map((kind) => `${where} ${kind}`);
      for (const each of [where, ...kinds])
        if (!shown.has(each) && !told.excused.includes(where)) wrong.push(`${each}: no answer shows it`);
    }
  }
}

// Every example fits what it is an example of.
function judgeExamples(pointer) {
  const node = nodeAt(pointer);
  if (!node || typeof node !== "object") return;
  if (node.schema && "example" in node) check(`the example at ${pointer}`, `${pointer}/schema`, node.example);
  if (node.schema && node.examples) {
    for (const name of Object.keys(node.examples)) {
      const example = follow(at(`${pointer}/examples`, name));
      check(`the example ${example}`, `${pointer}/schema`, nodeAt(example).value);
    }
  }
  for (const key of Object.keys(node)) if (key !== "schema" && key !== "schemas") judgeExamples(at(pointer, key));
}

const verdict = await new Validator().validate(structuredClone(told.document));
if (!verdict.valid) wrong.push(`the document is not OpenAPI: ${JSON.stringify(verdict.errors)}`);
told.answers.forEach(judgeAnswer);
judgeCoverage();
judgeExamples("/paths");
judgeExamples("/components");
for (const {body, accepted} of told.requests) {
  const fits = problems("/components/schemas/submission", body).length === 0;
  if (fits !== accepted) wrong.push(`${JSON.stringify(body)} is ${accepted ? "accepted" : "refused"} by the service alone`);
}
if (wrong.length > 0) console.log(wrong.join("\n"));
process.exit(wrong.length > 0 ? 1 : 0);
