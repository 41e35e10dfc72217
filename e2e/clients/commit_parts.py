"""Commits the parts of a file, a line each: into a table, by the options that follow as JSON."""

import json
import sys

import penstock

parts = [penstock.Part.from_json(line) for line in open(sys.argv[1], encoding="utf-8")]
try:
    outcome = penstock.commit(parts, sys.argv[2], **json.loads(sys.argv[3]))
except penstock.Error as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
print(json.dumps(outcome.as_dict()))
