// The few things this page needs of the DOM. Text is only ever set as text: what servers and submitters wrote cannot
// become markup here.

/// element("a", {href: "#/", class: "button", onclick: f}, "text", child, ...); null and undefined children are left out.
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

export function replace(parent, ...children) {
  parent.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined));
}

/// Sets the text only when it is another one, so that screen readers are not told the same twice.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/// A control that has an id, with its label, on one line however narrow the screen.
export function labelled(text, control) {
  return element("span", {class: "pair"}, element("label", {for: control.id}, text), control);
}

export function notify(text) {
  const notice = document.getElementById("notice");
  notice.hidden = !text;
  setText(notice, text ?? "");
}

const whole = new Intl.NumberFormat("en");
export const count = (n) => whole.format(n);

export function milliseconds(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms < 10) return `${ms.toFixed(ms < 1 ? 2 : 1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(ms < 10000 ? 2 : 1)} s`;
}

export function span(seconds) {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

export const octets = (n) => {
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (n < 1000 || unit === "GB") return `${n < 10 && unit !== "B" ? n.toFixed(1) : Math.round(n)} ${unit}`;
    n /= 1000;
  }
};

export const when = (text) => (text ? new Date(text).toLocaleString() : "–");

/// ok and failed of a total, as a bar. Its numbers stand beside it, so it is hidden from screen readers.
export function meter(task, large = false) {
  const total = Math.max(task.total, 1);
  const part = (kind, n) => {
    const made = element("span", {class: kind});
    made.style.width = `${(100 * n) / total}%`;
    return made;
  };
  return element("div", {class: large ? "meter large" : "meter", "aria-hidden": "true"}, part("ok", task.ok), part("bad", task.failed));
}

const statusWords = {running: ["running", ""], done: ["done", "ok"], cancelled: ["cancelled", "bad"], deadline_exceeded: ["out of time", "bad"]};
export function statusChip(status) {
  const [word, kind] = statusWords[status] ?? [status, ""];
  return element("span", {class: `chip ${kind}`}, word);
}

/// Calls `work` now and every `pause()` ms after it has ended, not while the page is hidden; returns how to stop it.
export function repeat(work, pause) {
  let stopped = false;
  let timer = 0;
  const turn = async () => {
    clearTimeout(timer);
    if (!document.hidden) await work();
    if (!stopped) timer = setTimeout(turn, pause());
  };
  turn();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
