#!/usr/bin/env bash
# Submits a file of URLs, one a line, waits until every one has its record, prints the records as NDJSON.
# usage: examples/submit-and-wait.sh FILE [SERVER]      FILE may be -; SERVER defaults to http://127.0.0.1:7777
# Ends with 0 if all URLs succeeded, 2 if some failed, 1 if the service could not be asked.
set -euo pipefail

file=${1:?usage: examples/submit-and-wait.sh FILE [SERVER]}
server=${2:-http://127.0.0.1:7777}

ask() { curl --silent --show-error --fail-with-body "$@" || exit 1; }
value() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

answer=$(ask --data-binary "@$file" --header 'Content-Type: text/plain' "$server/tasks")
task=$server$(value url <<<"$answer")
echo "submitted $(value total <<<"$answer") URLs: $task" >&2

# The summary costs the service the same however many URLs there are, so a short pause is no burden.
until summary=$(ask "$task?view=summary") && [[ $(value status <<<"$summary") != running ]]; do
  sleep 0.2
done
echo "$(value status <<<"$summary"): $(value ok <<<"$summary") ok, $(value failed <<<"$summary") failed" >&2

ask --header 'Accept: application/x-ndjson' "$task/results"
[[ $(value failed <<<"$summary") == 0 ]] || exit 2
