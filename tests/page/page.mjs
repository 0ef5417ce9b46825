// Drives the dashboard in a real Chromium, as its users do. Told by the environment: TRAWL_URL, the service; PAGE_URLS,
// JSON of URLs on the test internet; PAGE_LARGE, how many records the large task has; PAGE_SHOTS, a folder for pictures.
// Each check prints a line; ends with 1 at the first that fails, or when the page has logged an error.
import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";
import {join} from "node:path";

const require = createRequire(join(process.env.PAGE_MODULES, "node_modules/"));
const {chromium} = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const base = process.env.TRAWL_URL;
const urls = JSON.parse(process.env.PAGE_URLS);
const patience = 30000 * Number(process.env.TRAWL_TEST_SLOWDOWN ?? 1);

const browser = await chromium.launch({executablePath: "/usr/bin/chromium", args: ["--headless", "--no-sandbox", "--disable-gpu",
  "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]});
const context = await browser.newContext({viewport: {width: 1280, height: 900}, colorScheme: "light"});
context.setDefaultTimeout(patience);
const page = await context.newPage();
const complaints = [];
page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
page.on("pageerror", (error) => complaints.push(error.message));

const checks = [];
const check = (name, run) => checks.push([name, run]);
const shot = (name) => process.env.PAGE_SHOTS && page.screenshot({path: join(process.env.PAGE_SHOTS, `${name}.png`)});
const home = () => page.goto(`${base}/#/`);
const ended = () => page.getByRole("status").getByText(/^(done|cancelled)$/).waitFor();

async function submit(lines, label) {
  await home();
  await page.getByLabel("URLs, one a line").fill(lines.join("\n"));
  await page.getByText("Options", {exact: true}).click();
  await page.getByLabel("Label").first().fill(label);
  await page.getByLabel("Retries").fill("0");
  await page.getByRole("button", {name: "Fetch them"}).click();
  await page.getByRole("heading", {level: 1, name: label}).waitFor();
}

async function eventually(condition) {
  for (const until = Date.now() + patience; !(await condition());) {
    assert.ok(Date.now() < until, condition.toString());
    await page.waitForTimeout(50);
  }
}

// What is cut off, or stands out of its card; and labels that do not stand beside what they label. What scrolls may be wider.
const outside = `[document.documentElement, ...document.querySelectorAll("body, .card")].filter((each) => each.scrollWidth > each.clientWidth)
  .map((each) => each.className || each.tagName).concat([...document.querySelectorAll(".pair > label")].filter((each) => {
    const [label, control] = [each, each.nextElementSibling].map((one) => one.getBoundingClientRect());
    return label.top >= control.bottom || label.bottom <= control.top;
  }).map((each) => each.textContent))`;

async function judgeAccessibility(where) {
  const found = await page.evaluate(`(() => { ${axe}; return axe.run(document, {runOnly: ["wcag2a", "wcag2aa"]}); })()`);
  const told = found.violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join(" ")}`);
  assert.deepEqual(told, [], where);
}

check("a task is submitted by the form and watched to its end", async () => {
  await submit([...urls.good, urls.missing, urls.refused, "no url"], "first");
  await ended();
  await page.getByText(`${urls.good.length + 3} / ${urls.good.length + 3}`).waitFor();
  assert.match(await page.title(), /^first – trawl$/);
});

check("failed records are filtered, searched, and say why in words", async () => {
  await page.getByLabel("Outcome").selectOption("failed");
  await page.getByText("3 shown").waitFor();
  await page.getByRole("button", {name: `Details of ${urls.refused}`}).click();
  await page.getByText("nothing listens on that port").waitFor();
  await page.getByLabel("Code", {exact: true}).selectOption("invalid_url");
  await page.getByText("1 shown").waitFor();
  await page.getByLabel("Code", {exact: true}).selectOption("");
  await page.getByLabel("Outcome").selectOption("");
  await page.getByLabel("Search").fill(new URL(urls.missing).pathname);
  await page.getByText("1 shown").waitFor();
});

check("hosts and times are told, for each phase", async () => {
  await page.getByRole("region", {name: "Hosts"}).getByText(new URL(urls.good[0]).host).waitFor();
  await page.getByLabel("Phase").selectOption("ttfb");
  await page.getByRole("region", {name: "How long it took"}).getByRole("listitem").first().waitFor();
});

check("records are saved as a file", async () => {
  const [saved] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", {name: "CSV"}).click()]);
  const text = readFileSync(await saved.path(), "utf8");
  assert.equal(text.trim().split("\r\n").length, urls.good.length + 3 + 1);
});

check("the pages are accessible, in light and in dark", async () => {
  await judgeAccessibility("task, light");
  await page.getByRole("button", {name: /light and dark/}).click();
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  await judgeAccessibility("task, dark");
  await home();
  await page.getByRole("link", {name: "first"}).waitFor();
  await judgeAccessibility("tasks, dark");
  await shot("dark");
  await page.getByRole("button", {name: /light and dark/}).click();
  await judgeAccessibility("tasks, light");
});

check("a task that stalls is cancelled, and its end is seen", async () => {
  await submit(urls.stalled, "stalled");
  await page.getByText("running", {exact: true}).first().waitFor();
  await page.getByRole("button", {name: "Cancel"}).click();
  await ended();
  await page.getByRole("region", {name: "What happened"}).getByText("task cancelled").waitFor();
});

check("bad input is told where it is", async () => {
  await home();
  await page.getByLabel("URLs, one a line").fill(urls.good[0]);
  await page.getByText("Options", {exact: true}).click();
  await page.getByLabel("Retries").fill("99");
  await page.getByRole("button", {name: "Fetch them"}).click();
  await page.getByText(/integer from 0 to 10/).waitFor();
  assert.equal(await page.getByLabel("Retries").getAttribute("aria-invalid"), "true");
  await page.getByLabel("URLs, one a line").fill('{"urls": 1}');
  await page.getByRole("button", {name: "Fetch them"}).click();
  await page.getByRole("alert").getByText("/urls").waitFor();
  complaints.length = 0;  // The browser logs each 400.
});

check("the keyboard is enough", async () => {
  await home();
  await page.reload();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate("document.activeElement.className"), "skip");
  await page.getByLabel("URLs, one a line").focus();
  await page.keyboard.type(urls.good[0]);
  for (let n = 0; n < 20 && (await page.evaluate("document.activeElement.textContent")) !== "Fetch them"; ++n) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await ended();
});

check("a file is submitted, and a label found", async () => {
  await home();
  const lines = {name: "urls.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify({urls: urls.good, options: {label: "from a file"}}))};
  await page.locator("#file").setInputFiles(lines);
  await page.getByText("urls.json").waitFor();
  await page.getByRole("button", {name: "Fetch them"}).click();
  await page.getByRole("heading", {level: 1, name: "from a file"}).waitFor();
  await ended();
  await home();
  await page.getByLabel("Label").last().fill("from a file");
  await eventually(async () => (await page.locator("tbody tr").count()) === 1);
  await page.getByRole("link", {name: "from a file"}).waitFor();
});

check("a large task is read a page at a time", async () => {
  const made = await (await fetch(`${base}/tasks?label=large`, {method: "POST", headers: {"Content-Type": "text/plain"},
    body: Array.from({length: Number(process.env.PAGE_LARGE)}, (_, n) => `${urls.many}${n}`).join("\n")})).json();
  let octets = 0;
  page.on("response", (answer) => { octets += Number(answer.headers()["content-length"] ?? 0); });
  await page.goto(`${base}/#/task/${made.task_id}`);
  await ended();
  await page.getByText("50 shown").waitFor();
  await page.getByRole("button", {name: "Show more"}).click();
  await page.getByText("100 shown").waitFor();
  await page.getByLabel("Search").fill(`${urls.many}${Number(process.env.PAGE_LARGE) - 1}`);
  await page.getByText("1 shown").waitFor();
  await page.getByLabel("Search").fill("");
  await page.getByText("50 shown").waitFor();
  assert.ok(octets < 3e6, `${octets} octets were read`);
  await shot("task");
});

check("a small screen has room for it, and nothing is cut off sideways", async () => {
  await page.setViewportSize({width: 360, height: 780});
  await home();
  await page.getByRole("link", {name: "first"}).waitFor();
  assert.ok(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"));
  await shot("phone");
  await page.getByRole("link", {name: "first"}).click();
  await ended();
  await page.getByRole("button", {name: /^Details of/}).first().click();
  await page.getByRole("region", {name: "Hosts"}).getByText(new URL(urls.good[0]).host).waitFor();
  for (const width of [640, 360, 320]) {  // WCAG 2.2, 1.4.10: 320 is 1280 enlarged to 400%.
    await page.setViewportSize({width, height: 780});
    assert.deepEqual(await page.evaluate(outside), [], `${width} px wide`);
  }
  await shot("task-phone");
  await page.setViewportSize({width: 1280, height: 900});
  await home();
  await page.getByRole("link", {name: "first"}).waitFor();
  await shot("tasks");
});

check("a task is deleted", async () => {
  page.once("dialog", (dialog) => dialog.accept());
  await page.getByRole("link", {name: "stalled"}).click();
  // All that the page asks has been answered: what is asked of a deleted task is a 404, and the browser logs it.
  await page.getByText("3 shown").waitFor();
  await page.getByRole("region", {name: "How long it took"}).getByText(/^(No fetch|to )/).first().waitFor();
  await page.getByRole("button", {name: "Delete"}).click();
  await page.getByRole("heading", {name: "New task"}).waitFor();
  await page.getByRole("link", {name: "first"}).waitFor();
  assert.equal(await page.getByRole("link", {name: "stalled"}).count(), 0);
});

try {
  for (const [name, run] of checks) {
    await run();
    assert.deepEqual(complaints, [], "the page logged errors");
    console.log(`ok: ${name}`);
  }
} catch (error) {
  console.error(`${error.stack}\nlogged: ${complaints.join("; ")}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
