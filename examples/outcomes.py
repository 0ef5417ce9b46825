#!/usr/bin/env python3
"""Groups the records of a task by what happened, and prints how many there are of each kind and one of them.

usage: curl -H 'Accept: application/x-ndjson' http://127.0.0.1:7777/tasks/ID/results | examples/outcomes.py [--brief]

Reads NDJSON from standard input a line at a time, so a task of any size will do. --brief: only the counts.
"""
import json
import re
import sys

LIMIT = 100  # Kinds kept apart; what is beyond is one more kind.


def kind(record):
    """A few words for what happened: equal for records that ended alike, whatever their names and numbers."""
    errors = record["errors"]
    if not errors:
        redirects = len(record.get("redirects", []))
        return f"{record['status_code']}" + (", redirected" if redirects else "")
    if isinstance(errors["http"], int):
        return f"{errors['http']} {errors['code']}"
    # Names, addresses and numbers differ between records that ended alike.
    detail = re.sub(r"\S*[.\d]\S*", "*", errors.get("detail") or "")
    return f"{errors['http']} {errors['code']}" + (f" ({detail})" if detail else "")


def main():
    if sys.argv[1:] not in ([], ["--brief"]):
        sys.exit(__doc__)
    counts, samples = {}, {}
    for text in sys.stdin:
        record = json.loads(text)
        if "problem" in record:
            sys.exit(f"outcomes: the stream was cut: {record['problem']}")
        name = kind(record)
        if name not in counts and len(counts) >= LIMIT:
            name = "other"
        counts[name] = counts.get(name, 0) + 1
        samples.setdefault(name, record)
    for name in sorted(counts, key=counts.get, reverse=True):
        print(f"{counts[name]:8}  {name}")
        if not sys.argv[1:]:
            print(f"          {json.dumps(samples[name], ensure_ascii=False)}")


if __name__ == "__main__":
    main()
