// The page of one task: how far it is, what happened and where, how long things took, and its records.
import {Refused, ask, download, follow, read} from "./api.js";
import {count, element, labelled, meter, milliseconds, notify, repeat, replace, setText, span, statusChip, when} from "./dom.js";
import {recordList} from "./records.js";
import {codeName} from "./words.js";

const phases = ["total", "queue", "dns", "connect", "tls", "ttfb", "transfer"];

function figures(task) {
  const rate = task.rate_per_s >= 100 ? count(Math.round(task.rate_per_s)) : task.rate_per_s.toFixed(1);
  const all = [["Done", `${count(task.done)} / ${count(task.total)}`], ["Ok", count(task.ok)], ["Failed", count(task.failed)],
    ["URLs a second", rate]];
  if (task.status === "running") all.push(["Time left", task.eta_s === null ? "–" : span(task.eta_s)]);
  return element("dl", {class: "figures"}, all.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
}

/// Bars with their names and numbers; `rows`: [name, number, words, kind].
function bars(rows) {
  const most = Math.max(1, ...rows.map(([, n]) => n));
  return element("div", {class: "bars", role: "list"}, rows.map(([name, n, words, kind]) => {
    const fill = element("div", {class: `fill ${kind ?? ""}`});
    fill.style.width = n > 0 ? `max(2px, ${(100 * n) / most}%)` : "0";
    return element("div", {role: "listitem", class: "bar-row"},
      element("span", {class: "name"}, name), element("div", {class: "track", "aria-hidden": "true"}, fill), element("span", {class: "number"}, words));
  }));
}

function codesOf(task) {
  const rows = Object.entries(task.by_code).sort(([, a], [, b]) => b - a).map(([code, n]) => [codeName(code), n, count(n), "bad"]);
  if (task.ok > 0) rows.unshift(["ok", task.ok, count(task.ok)]);
  return rows.length ? bars(rows) : element("p", {class: "dim"}, "Nothing yet.");
}

function hostsOf({hosts}) {
  const rows = hosts.top.map(({host, ok, failed}) => [host.replace(/^http:\/\//, ""), ok + failed, failed ? `${count(ok)} ok, ${count(failed)} failed` : `${count(ok)} ok`, ok ? "" : "bad"]);
  return [bars(rows.slice(0, 12)), hosts.count > 12 ? element("p", {class: "dim"}, `and ${count(hosts.count - 12)} more hosts`) : null];
}

function histogram({timings}, phase) {
  const counts = timings.phases[phase] ?? [];
  const first = counts.findIndex((n) => n > 0);
  if (first < 0) return element("p", {class: "dim"}, "No fetch had this phase.");
  const last = counts.findLastIndex((n) => n > 0);
  return bars(counts.slice(first, last + 1).map((n, i) => {
    const bound = timings.bounds_ms[first + i];
    return [bound === undefined ? `over ${milliseconds(timings.bounds_ms.at(-1))}` : `to ${milliseconds(bound)}`, n, count(n)];
  }));
}

class TaskPage {
  constructor(id, into) {
    this.id = id;
    this.into = into;
    this.phase = "total";
    this.stopped = new AbortController();
    this.title = element("h1", {}, id);
    this.status = element("span", {role: "status"});
    this.overview = element("div", {});
    this.codes = element("div", {});
    this.hosts = element("div", {}, element("p", {class: "dim"}, "…"));
    this.histogram = element("div", {});
    this.cancel = element("button", {type: "button", class: "danger", onclick: () => this.act("POST", "/cancel")}, "Cancel");
    this.retry = element("button", {type: "button", hidden: true, onclick: () => this.again()}, "Try the failed ones again");
    this.remove = element("button", {type: "button", class: "danger", onclick: () => this.forget()}, "Delete");
    this.records = recordList(id);
    this.build();
  }

  build() {
    const choose = element("select", {id: "phase", onchange: (event) => { this.phase = event.target.value; this.drawHistogram(); }},
      phases.map((phase) => element("option", {value: phase}, phase)));
    const save = (format) => element("button", {type: "button", onclick: () => download(`/tasks/${this.id}/results?format=${format}`, `${this.id}.${format}`)}, format.toUpperCase());
    replace(this.into, element("p", {}, element("a", {href: "#/"}, "← Tasks")),
      element("div", {class: "row"}, this.title, this.status),
      element("section", {class: "card", "aria-label": "Progress"}, this.overview,
        element("div", {class: "row end"}, this.cancel, this.retry, this.remove, element("span", {class: "grow"}), element("span", {class: "row"}, element("span", {class: "dim"}, "Download"), save("csv"), save("ndjson")))),
      element("div", {class: "split"},
        element("section", {class: "card", "aria-labelledby": "codes-title"}, element("h2", {id: "codes-title"}, "What happened"), this.codes),
        element("section", {class: "card", "aria-labelledby": "hosts-title"}, element("h2", {id: "hosts-title"}, "Hosts"), this.hosts),
        element("section", {class: "card", "aria-labelledby": "times-title"},
          element("div", {class: "row"}, element("h2", {id: "times-title"}, "How long it took"), element("span", {class: "grow"}), labelled("Phase", choose)),
          this.histogram)),
      this.records.node);
  }

  start() {
    this.follow();
    this.stopStats = repeat(() => this.refreshStats(), () => (this.task?.status === "running" ? 2000 : 86400000));
  }

  stop() {
    this.stopped.abort();
    this.stopStats?.();
    this.stopPolling?.();
    this.records.stop();
  }

  /// Events as they come; where there is no stream of them, polls.
  async follow() {
    try {
      await this.refresh();
      if (this.task?.status === "running") await follow(this.id, (name, data) => this.draw(data), this.stopped.signal);
    } catch {
      if (!this.stopped.signal.aborted) this.stopPolling = repeat(() => this.refresh(), () => (this.task?.status === "running" ? 1000 : 86400000));
    }
  }

  async refresh() {
    try {
      this.draw(await read(`/tasks/${this.id}?view=summary`));
      notify(null);
    } catch (error) {
      if (error instanceof Refused) this.stopPolling?.();
      notify(error instanceof Refused ? error.message : "The service cannot be reached. Trying again.");
      if (error instanceof Refused) throw error;
    }
  }

  draw(task) {
    if (this.stopped.signal.aborted) return;
    const ended = this.task?.status === "running" && task.status !== "running";
    this.task = task;
    document.title = `${task.label || this.id.slice(0, 8)} – trawl`;
    setText(this.title, task.label || `Task ${this.id.slice(0, 8)}`);
    if (this.status.textContent !== task.status) replace(this.status, statusChip(task.status));
    replace(this.overview, meter(task, true), figures(task),
      element("p", {class: "dim"}, `Submitted ${when(task.created_at)}${task.finished_at ? `, ended ${when(task.finished_at)}` : ""}. `, element("span", {class: "mono"}, this.id)));
    replace(this.codes, codesOf(task));
    this.cancel.hidden = task.status !== "running";
    this.retry.hidden = task.status === "running" || task.failed === 0;
    this.records.update(task);
    if (ended) this.refreshStats();
  }

  async refreshStats() {
    try {
      this.stats = await read(`/tasks/${this.id}/stats`);
      replace(this.hosts, hostsOf(this.stats));
      this.drawHistogram();
    } catch {
      // The summary says what is wrong.
    }
  }

  drawHistogram() {
    if (this.stats) replace(this.histogram, histogram(this.stats, this.phase));
  }

  async act(method, path) {
    try {
      const answer = await ask(`/tasks/${this.id}${path}`, {method});
      if (answer.status === 200) this.draw(await answer.json());
      return true;
    } catch (error) {
      notify(error.message);
      return false;
    }
  }

  async again() {
    try {
      location.hash = `#/task/${(await read(`/tasks/${this.id}/retry`, {method: "POST"})).task_id}`;
    } catch (error) {
      notify(error.message);
    }
  }

  async forget() {
    if (!confirm("Delete this task and all its records?")) return;
    if (await this.act("DELETE", "")) location.hash = "#/";
  }
}

/// Fills `into`; returns how to stop.
export function showTask(id, into) {
  const page = new TaskPage(id, into);
  page.start();
  return () => page.stop();
}
