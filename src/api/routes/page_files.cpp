// The dashboard's files. PAGE_FOLDER is CMake's.
#include "api/routes/page_files.hpp"

#include "api/routes/embedded.hpp"

#define TAKE_IN(name, file) TRAWL_EMBED(name, PAGE_FOLDER "/" file)

TAKE_IN(page_index, "index.html")
TAKE_IN(page_style, "style.css")
TAKE_IN(page_icon, "icon.svg")
TAKE_IN(page_main, "main.js")
TAKE_IN(page_api, "api.js")
TAKE_IN(page_dom, "dom.js")
TAKE_IN(page_records, "records.js")
TAKE_IN(page_submit, "submit.js")
TAKE_IN(page_task, "task.js")
TAKE_IN(page_tasks, "tasks.js")
TAKE_IN(page_words, "words.js")

namespace trawl {
namespace {

constexpr std::string_view script = "text/javascript; charset=utf-8";

#define PAGE_FILE(path, type, name) \
  page_file { path, type, TRAWL_EMBEDDED(name) }

const page_file files[] = {
    PAGE_FILE("/", "text/html; charset=utf-8", page_index),
    PAGE_FILE("/page/style.css", "text/css; charset=utf-8", page_style),
    PAGE_FILE("/page/icon.svg", "image/svg+xml", page_icon),
    PAGE_FILE("/page/main.js", script, page_main),
    PAGE_FILE("/page/api.js", script, page_api),
    PAGE_FILE("/page/dom.js", script, page_dom),
    PAGE_FILE("/page/records.js", script, page_records),
    PAGE_FILE("/page/submit.js", script, page_submit),
    PAGE_FILE("/page/task.js", script, page_task),
    PAGE_FILE("/page/tasks.js", script, page_tasks),
    PAGE_FILE("/page/words.js", script, page_words),
};

}  // namespace

std::span<const page_file> page_files() { return files; }

}  // namespace trawl
