// Everything this page asks of the service. The API key, when one is needed, is kept for this tab only and goes in a
// header, never in a URL.

const keyName = "trawl-key";

export const key = {
  get: () => sessionStorage.getItem(keyName),
  set: (value) => (value ? sessionStorage.setItem(keyName, value) : sessionStorage.removeItem(keyName)),
};

/// What a problem+json answer said, as an Error; `errors`: [{pointer or parameter, detail}].
export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? `the service answered ${status}`);
    this.status = status;
    this.errors = problem?.errors ?? [];
  }
}

export async function ask(path, options = {}) {
  const headers = new Headers(options.headers);
  if (key.get()) headers.set("Authorization", `Bearer ${key.get()}`);
  const answer = await fetch(path, {...options, headers, cache: "no-store"});
  if (answer.ok) return answer;
  const problem = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : null;
  if (answer.status === 401 || answer.status === 403) document.dispatchEvent(new Event("key-needed"));
  throw new Refused(answer.status, problem);
}

export const read = async (path, options) => (await ask(path, options)).json();

/// A page of summaries, newest first: [{id, ...summary}], and how many there are in all.
export async function listTasks({label, limit = 50} = {}) {
  const query = new URLSearchParams({view: "summary", limit});
  if (label) query.set("label", label);
  const answer = await ask(`/tasks?${query}`);
  const tasks = Object.entries(await answer.json()).map(([id, summary]) => ({id, ...summary}));
  return {tasks, total: Number(answer.headers.get("X-Total-Count") ?? tasks.length)};
}

/// Calls `tell(name, data)` for each event of a task until `signal` aborts or the task ends. Throws when the stream
/// cannot be had or is cut: then poll. EventSource would do, but cannot send a header.
export async function follow(id, tell, signal) {
  const answer = await ask(`/tasks/${id}/events`, {signal, headers: {Accept: "text/event-stream"}});
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const {done, value} = await reader.read();
    if (done) throw new Error("the stream of events was cut");
    text += value;
    const events = text.split("\n\n");
    text = events.pop();
    for (const event of events) {
      const fields = Object.fromEntries(event.split("\n").map((line) => line.split(/: ?(.*)/s, 2)));
      if (fields.data === undefined) continue;
      tell(fields.event, JSON.parse(fields.data));
      if (fields.event === "end") return;
    }
  }
}

/// Saves an answer as a file. By a link when no key is needed, so that nothing of it is held here.
export async function download(path, name) {
  const link = document.createElement("a");
  link.download = name;
  if (key.get()) link.href = URL.createObjectURL(await (await ask(path)).blob());
  else link.href = path;
  link.click();
  if (link.href.startsWith("blob:")) setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
