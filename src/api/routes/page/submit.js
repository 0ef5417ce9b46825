// The form that submits a task: URLs typed, pasted, dropped or from a file; options as fields.
import {Refused, read} from "./api.js";
import {element, octets, replace} from "./dom.js";

const options = [
  {name: "label", words: "Label", hint: "to find it by"},
  {name: "timeout_ms", words: "Timeout of an attempt, ms", hint: "20000", type: "number"},
  {name: "connect_timeout_ms", words: "Timeout to connect, ms", hint: "5000", type: "number"},
  {name: "retries", words: "Retries", hint: "2", type: "number"},
  {name: "max_redirects", words: "Redirects at most", hint: "10", type: "number"},
  {name: "max_body_bytes", words: "Body at most, octets", hint: "10485760", type: "number"},
  {name: "host_concurrency", words: "At once to one host", hint: "the server's", type: "number"},
  {name: "host_delay_ms", words: "Gap between starts at a host, ms", hint: "the server's", type: "number"},
  {name: "deadline_s", words: "End of the whole task after, s", hint: "none", type: "number"},
  {name: "method", words: "Method", choices: ["GET", "HEAD"]},
  {name: "verify_tls", words: "Check certificates", choices: ["true", "false"]},
  {name: "keep_alive", words: "Keep connections", choices: ["true", "false"]},
];

function field({name, words, hint, type, choices}) {
  const id = `option-${name}`;
  const input = choices
    ? element("select", {id, name}, choices.map((choice) => element("option", {value: choice}, choice)))
    : element("input", {id, name, type: type ?? "text", min: type ? 0 : null, placeholder: hint, autocomplete: "off"});
  return element("div", {}, element("label", {for: id}, words), input, element("p", {class: "wrong", id: `${id}-wrong`, hidden: true}));
}

// What differs from the defaults, as the query string that goes with a list of URLs.
function chosen(form) {
  const query = new URLSearchParams();
  for (const {name, choices} of options) {
    const {value} = form.elements[name];
    if (value !== "" && value !== choices?.[0]) query.set(name, value);
  }
  return query;
}

// Errors of options stand at their fields, all others above the button. An option is a query key beside a list of URLs,
// and has a pointer in JSON.
function showErrors(form, error) {
  const rest = [];
  const errors = error.errors ?? [];
  for (const {pointer, parameter, detail} of errors) {
    const name = parameter ?? pointer?.match(/^\/options\/([^/]*)$/)?.[1];
    const place = name && form.querySelector(`#option-${CSS.escape(name)}-wrong`);
    if (!place) {
      rest.push([parameter ?? pointer, detail].filter(Boolean).join(": "));
      continue;
    }
    place.hidden = false;
    place.textContent = detail;
    form.elements[name].setAttribute("aria-invalid", "true");
    form.elements[name].setAttribute("aria-describedby", place.id);
    place.closest("details").open = true;
  }
  if (errors.length === 0) rest.push(error.message);
  const wrong = form.querySelector("#submit-wrong");
  wrong.hidden = rest.length === 0;
  replace(wrong, rest.slice(0, 5).map((text) => element("div", {}, text)));
  (form.querySelector("[aria-invalid=true]") ?? form.elements.urls).focus();
}

function clearErrors(form) {
  for (const each of form.querySelectorAll(".wrong")) each.hidden = true;
  for (const each of form.querySelectorAll("[aria-invalid]")) each.removeAttribute("aria-invalid");
}

async function looksLikeJson(body) {
  const start = typeof body === "string" ? body.slice(0, 1024) : await body.slice(0, 1024).text();
  return start.trimStart().startsWith("{");
}

/// Sends what the form holds; the id of the new task.
async function submit(form, file) {
  const body = file ?? form.elements.urls.value;
  if (await looksLikeJson(body)) {
    return (await read("/tasks", {method: "POST", body, headers: {"Content-Type": "application/json"}})).task_id;
  }
  const query = chosen(form);
  return (await read(`/tasks?${query}`, {method: "POST", body, headers: {"Content-Type": "text/plain"}})).task_id;
}

/// The form; it goes to the page of the task it made.
export function submitForm() {
  let file = null;
  const area = element("textarea", {name: "urls", id: "urls", spellcheck: "false", "aria-describedby": "urls-hint",
    placeholder: "https://example.com/\nhttps://example.org/page"});
  const picker = element("input", {type: "file", id: "file", class: "visually-hidden", accept: ".txt,.json,.csv,text/plain,application/json"});
  const picked = element("span", {class: "dim"});
  const button = element("button", {class: "primary"}, "Fetch them");
  const take = (given) => {
    file = given ?? null;
    area.disabled = Boolean(file);
    replace(picked, file && `${file.name}, ${octets(file.size)} `,
      file && element("button", {type: "button", class: "quiet", onclick: () => { picker.value = ""; take(null); area.focus(); }}, "Remove"));
  };
  picker.addEventListener("change", () => take(picker.files[0]));
  for (const event of ["dragover", "dragenter"]) area.addEventListener(event, (e) => { e.preventDefault(); area.classList.add("over"); });
  for (const event of ["dragleave", "drop"]) area.addEventListener(event, () => area.classList.remove("over"));
  area.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    take(event.dataTransfer.files[0]);
  });

  const form = element("form", {class: "card", "aria-labelledby": "submit-title"},
    element("h2", {id: "submit-title"}, "New task"),
    element("label", {for: "urls"}, "URLs, one a line"), area,
    element("p", {id: "urls-hint", class: "dim"}, "Or drop a file here. Blank lines and lines that begin with # are skipped; JSON ",
      element("code", {}, '{"urls": […], "options": {…}}'), " is taken as it is, with its own options."),
    element("details", {}, element("summary", {}, "Options"), element("div", {class: "fields"}, options.map(field))),
    element("div", {id: "submit-wrong", class: "wrong", role: "alert", hidden: true}),
    element("div", {class: "row end"}, button, element("label", {class: "button", for: "file"}, "Choose a file"), picker, picked));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearErrors(form);
    button.disabled = true;
    try {
      location.hash = `#/task/${await submit(form, file)}`;
    } catch (error) {
      showErrors(form, error instanceof Refused ? error : new Error("The service cannot be reached."));
    } finally {
      button.disabled = false;
    }
  });
  return form;
}
