// Looks at /docs in a real Chromium: it shows every operation, tries one, and nothing complains. Told by the environment:
// TRAWL_URL, the service; DOCS_TASK, a task there; PAGE_SHOTS, a folder for pictures.
import assert from "node:assert/strict";
import {createRequire} from "node:module";
import {join} from "node:path";

const require = createRequire(join(process.env.PAGE_MODULES, "node_modules/"));
const {chromium} = require("playwright-core");
const base = process.env.TRAWL_URL;

const browser = await chromium.launch({executablePath: "/usr/bin/chromium", args: ["--headless", "--no-sandbox", "--disable-gpu",
  "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]});
const page = await browser.newPage({viewport: {width: 1280, height: 1000}});
page.setDefaultTimeout(30000 * Number(process.env.TRAWL_TEST_SLOWDOWN ?? 1));
const complaints = [];
const elsewhere = [];
page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
page.on("pageerror", (error) => complaints.push(error.message));
page.on("request", (request) => request.url().startsWith(base) || request.url().startsWith("data:") || elsewhere.push(request.url()));
const shot = (name) => process.env.PAGE_SHOTS && page.screenshot({path: join(process.env.PAGE_SHOTS, `${name}.png`)});

async function tryOut(operation, fill) {
  const block = page.locator(`.opblock[id$="-${operation}"]`);
  await block.locator(".opblock-summary-control").click();
  await block.getByRole("button", {name: "Try it out"}).click();
  await fill?.(block);
  await block.getByRole("button", {name: "Execute", exact: true}).click();
  return {block, status: await block.locator(".live-responses-table .response-col_status").nth(1).innerText(),
          body: await block.locator(".live-responses-table .highlight-code code").first().innerText()};
}

const document = await (await fetch(`${base}/openapi.json`)).json();
const operations = Object.values(document.paths).flatMap((item) => Object.entries(item)).filter(([key]) => key !== "parameters");

try {
  await page.goto(`${base}/docs`);
  await page.locator(".opblock").nth(operations.length - 1).waitFor();
  assert.equal(await page.locator(".opblock").count(), operations.length);
  assert.match(await page.locator("h1, h2").first().innerText(), /trawl/);
  await shot("docs");

  const health = await tryOut("show_health");
  assert.match(health.status, /^200/);
  assert.deepEqual(JSON.parse(health.body), {status: "ok"});
  await shot("docs-healthz");

  const task = await tryOut("show_task", (block) => block.getByPlaceholder("id", {exact: true}).fill(process.env.DOCS_TASK));
  assert.match(task.status, /^200/);
  assert.equal(JSON.parse(task.body).label, "shown");
  await task.block.scrollIntoViewIfNeeded();
  await shot("docs-task");

  assert.deepEqual(elsewhere, [], "requests to elsewhere");
  assert.deepEqual(complaints, [], "what the console says");
} catch (failure) {
  console.log(failure.message, complaints, elsewhere);
  await shot("docs-failed");
  process.exitCode = 1;
} finally {
  await browser.close();
}
