// Where to start reading: which page the address names, the theme, and the API key.
import {key} from "./api.js";
import {notify} from "./dom.js";
import {showTask} from "./task.js";
import {showTasks} from "./tasks.js";

const main = document.getElementById("main");
let stop = () => {};

function show() {
  stop();
  notify(null);
  const task = location.hash.match(/^#\/task\/([0-9a-f-]+)$/);
  stop = task ? showTask(task[1], main) : showTasks(main);
  if (task) main.focus();
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

const wish = matchMedia("(prefers-color-scheme: dark)");
const themeName = "trawl-theme";
const systemTheme = () => (wish.matches ? "dark" : "light");
setTheme(localStorage.getItem(themeName) ?? systemTheme());
wish.addEventListener("change", () => localStorage.getItem(themeName) ?? setTheme(systemTheme()));
document.getElementById("theme").addEventListener("click", () => {
  const other = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem(themeName, other);
  setTheme(other);
});

const keyForm = document.getElementById("key-form");
document.addEventListener("key-needed", () => { keyForm.hidden = false; });
keyForm.addEventListener("submit", (event) => {
  event.preventDefault();
  key.set(document.getElementById("key").value.trim());
  keyForm.hidden = true;
  show();
});

addEventListener("hashchange", show);
show();
