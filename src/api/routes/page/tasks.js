// The front page: a form for a new task, and the tasks there are, newest first, live.
import {listTasks} from "./api.js";
import {count, element, labelled, meter, notify, repeat, replace, setText, span, statusChip, when} from "./dom.js";
import {submitForm} from "./submit.js";

const shown = 50;

function progressText(task) {
  const words = `${count(task.done)} of ${count(task.total)}`;
  if (task.status !== "running") return words;
  const eta = task.eta_s === null ? "" : `, ${span(task.eta_s)} left`;
  return `${words}, ${count(Math.round(task.rate_per_s))}/s${eta}`;
}

function taskRow(task) {
  return element("tr", {},
    element("td", {class: "url"}, element("a", {href: `#/task/${task.id}`}, task.label || element("span", {class: "mono"}, task.id.slice(0, 8)))),
    element("td", {}, statusChip(task.status)),
    element("td", {}, meter(task), element("span", {class: "dim"}, progressText(task))),
    element("td", {class: "number"}, count(task.ok)),
    element("td", {class: "number"}, count(task.failed)),
    element("td", {class: "wide dim"}, when(task.created_at)));
}

function taskTable(tasks) {
  const heads = [["Task"], ["Status"], ["Progress"], ["Ok", "number"], ["Failed", "number"], ["Submitted", "wide"]];
  return element("div", {class: "scroll"}, element("table", {},
    element("thead", {}, element("tr", {}, heads.map(([text, kind]) => element("th", {scope: "col", class: kind}, text)))),
    element("tbody", {}, tasks.map(taskRow))));
}

/// Fills `into`; returns how to stop.
export function showTasks(into) {
  document.title = "trawl";
  const label = element("input", {id: "label-filter", type: "search", placeholder: "all", autocomplete: "off"});
  const list = element("div", {});
  const number = element("span", {class: "dim", role: "status"});
  let running = true;
  let drawn = "";
  replace(into, element("h1", {class: "visually-hidden"}, "Tasks"), submitForm(),
    element("section", {class: "card", "aria-labelledby": "tasks-title"},
      element("div", {class: "row"}, element("h2", {id: "tasks-title"}, "Tasks"), number, element("span", {class: "grow"}), labelled("Label", label)),
      list));

  async function refresh() {
    try {
      const {tasks, total} = await listTasks({label: label.value, limit: shown});
      notify(null);
      running = tasks.some((task) => task.status === "running");
      setText(number, total > shown ? `the newest ${shown} of ${count(total)}` : `${count(total)}`);
      const now = JSON.stringify(tasks);
      if (now === drawn) return;
      drawn = now;
      const focused = document.activeElement?.getAttribute("href");  // Drawing again must not lose one's place.
      replace(list, tasks.length ? taskTable(tasks) : element("p", {class: "empty"}, label.value ? "No task has this label." : "No task yet. The first one is a paste away."));
      if (focused) list.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    } catch (error) {
      notify(error.status === undefined ? "The service cannot be reached. Trying again." : error.message);
    }
  }
  label.addEventListener("input", refresh);
  return repeat(refresh, () => (running ? 1000 : 4000));
}
