#include "cli/command_words.hpp"

namespace trawl {

const command_words& words_of(command which) {
  static constexpr command_words serve{
      "Run the service: it takes batches of URLs over HTTP and fetches them all at once.", "trawl serve [OPTION...]",
      R"(Every option may also come from the environment (TRAWL_MAX_URLS=1000; lists by
comma) or from a JSON file ({"max_urls": 1000, "listen": ["127.0.0.1:8080"]}).
Flags win over environment, environment over file.)",
      R"(trawl serve
trawl serve --listen 127.0.0.1:8080 --max-in-flight 5000
TRAWL_LOG_FORMAT=json trawl serve --config /etc/trawl.json
curl --data-binary @urls.txt -H 'Content-Type: text/plain' localhost:7777/tasks)"};
  static constexpr command_words check{"Fetch URLs once and print what happened to each, one record a URL.",
                                       "trawl check [OPTION...] [FILE|-|URL...]",
                                       R"(An argument with :// is a URL, - is stdin, any other is a file with one URL a
line (blank lines and lines that begin with # are skipped).

Exit status: 0 all ok, 1 could not run, 2 some URL failed, 130 interrupted.)",
                                       R"(trawl check https://example.com/
trawl check urls.txt --timeout-ms 5000 --retries 0
grep -o 'https://[^"]*' page.html | trawl check - --format ndjson >records.ndjson)"};
  return which == command::serve ? serve : check;
}

}  // namespace trawl
