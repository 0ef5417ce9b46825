// The records of a task: filtered and searched by the service, a page at a time, each with why it failed in words.
import {read} from "./api.js";
import {count, element, labelled, milliseconds, octets, replace, setText} from "./dom.js";
import {codeName, why} from "./words.js";

const pageSize = 50;

function outcome(record) {
  const {code, http} = record.errors;
  if (!code) return element("span", {class: "chip ok"}, String(record.status_code ?? "ok"));
  return element("span", {class: "chip bad"}, typeof http === "number" ? String(http) : codeName(code));
}

function details(record) {
  const rows = [["What was said", record.errors.detail], ["Failed in phase", record.errors.phase], ["Ended at", record.final_url],
    ["Redirects", record.redirects?.map((hop) => `${hop.status_code} ${hop.url}`).join("  →  ")],
    ["Address", record.remote_ip], ["Protocol", record.http_version && `HTTP/${record.http_version}${record.tls ? `, ${record.tls.version}` : ""}`],
    ["Type and size", record.content_length === undefined ? null : `${record.content_type ?? "no type"}, ${octets(record.content_length)}`],
    ["Attempts", record.attempts], ["Times", record.timings && Object.entries(record.timings).map(([phase, ms]) => `${phase} ${milliseconds(ms)}`).join(", ")],
    ["Finished", new Date(record.timestamp * 1000).toLocaleString()], ["Meta", record.meta === undefined ? null : JSON.stringify(record.meta)]];
  const reason = why(record);
  return element("div", {class: "record"}, reason && element("p", {}, element("strong", {}, "Why it failed: "), reason),
    element("dl", {}, rows.filter(([, value]) => value !== undefined && value !== null && value !== "").flatMap(([name, value]) =>
      [element("dt", {}, name), element("dd", {}, String(value))])));
}

function recordRows(record) {
  const inside = element("tr", {id: `record-${record.index}`, hidden: true}, element("td", {colspan: 5}));
  const button = element("button", {type: "button", class: "quiet", "aria-expanded": "false", "aria-controls": inside.id,
    "aria-label": `Details of ${record.url}`, onclick: () => {
      inside.hidden = !inside.hidden;
      button.setAttribute("aria-expanded", String(!inside.hidden));
      if (!inside.hidden) replace(inside.firstChild, details(record));
    }}, "Details");
  return [element("tr", {}, element("td", {class: "number dim wide"}, count(record.index + 1)), element("td", {class: "url"}, record.url),
    element("td", {}, outcome(record)), element("td", {class: "number wide"}, milliseconds(record.timings?.total)), element("td", {}, button)), inside];
}

/// {node, update(task), stop()}
export function recordList(id) {
  const body = element("tbody", {});
  const said = element("span", {class: "dim", role: "status"});
  const more = element("button", {type: "button", hidden: true, onclick: () => load(false)}, "Show more");
  const status = element("select", {id: "filter-status", onchange: () => load(true)},
    [["", "all"], ["ok", "ok"], ["failed", "failed"]].map(([value, words]) => element("option", {value}, words)));
  const code = element("select", {id: "filter-code", onchange: () => load(true)}, element("option", {value: ""}, "any"));
  const search = element("input", {id: "filter-search", type: "search", placeholder: "part of a URL", autocomplete: "off"});
  let timer = 0;
  let next = null;
  let turn = 0;
  let done = 0;
  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => load(true), 250); });

  async function load(fresh) {
    const mine = ++turn;
    const query = new URLSearchParams({limit: pageSize});
    if (status.value) query.set("status", status.value);
    if (code.value) query.set("code", code.value);
    if (search.value) query.set("search", search.value);
    if (!fresh && next) query.set("cursor", next);
    try {
      const page = await read(`/tasks/${id}/results?${query}`);
      if (mine !== turn) return;  // Another filter was chosen meanwhile.
      next = page.next;
      const rows = page.results.flatMap(recordRows);
      if (fresh) replace(body, rows);
      else body.append(...rows);
      const shown = body.children.length / 2;
      setText(said, shown === 0 ? "none" : `${count(shown)} shown`);
      more.hidden = next === null || page.results.length < pageSize;
    } catch (error) {
      setText(said, error.message);
    }
  }

  function update(task) {
    const known = [...code.options].map((option) => option.value);
    for (const name of Object.keys(task.by_code))
      if (!known.includes(name)) code.append(element("option", {value: name}, codeName(name)));
    // The first page fills up by itself; after that nothing moves under the reader's eyes.
    const fills = body.children.length / 2 < pageSize && task.done > done;
    done = task.done;
    if (fills && ![...body.children].some((row) => row.id && !row.hidden) && !body.contains(document.activeElement)) load(true);
  }

  const heads = [["#", "number wide"], ["URL"], ["Outcome"], ["Time", "number wide"], [""]];
  const node = element("section", {class: "card", "aria-labelledby": "records-title"},
    element("div", {class: "row"}, element("h2", {id: "records-title"}, "Records"), said, element("span", {class: "grow"}),
      labelled("Outcome", status), labelled("Code", code), labelled("Search", search)),
    element("div", {class: "scroll"}, element("table", {},
      element("thead", {}, element("tr", {}, heads.map(([text, kind]) => element("th", {scope: "col", class: kind}, text || element("span", {class: "visually-hidden"}, "Details"))))), body)),
    element("div", {class: "row end"}, more));
  return {node, update, stop: () => clearTimeout(timer)};
}
