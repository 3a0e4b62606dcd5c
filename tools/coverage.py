#!/usr/bin/env python3
"""coverage.py holds docs/coverage.md against the tests.

    tools/coverage.py

Every case from 1 to 131 has one row; a row names at least one test, or says
later, partly or does not apply; and every test it names is there:
  `file:Test`        T(Test) in tests/target/file.c
  `unit/file`        tests/unit/file.c, with `:what` a check of that name in it
  `exit/name`        tests/exit/name.c or .session
  `model/name`       tests/model/name.pml
  `hil/drills:what`  test_what in tests/hil/test_drills.py (or another of these)
  `sweep:name`       a scenario of tests/sweep/scenarios.c; `sweep`: all
  `api`              tools/apimatrix.py
Other words in backquotes with a / or : in them are mistakes.
"""

import os
import re
import sys

TABLE = "docs/coverage.md"
CASES = range(1, 132)
WORDS = {"api", "sweep", "target", "exit", "chaos", "tests/tools",
         "weak", "seeds", "soak"}


def text_of(path):
    try:
        with open(path, encoding="utf-8") as f:
            return f.read()
    except OSError:
        return None


def missing(name):
    """Why the test is not there, or None."""
    if name in WORDS:
        return None
    room, _, rest = name.partition("/")
    if room == "exit" and rest:
        return None if any(os.path.exists("tests/exit/" + rest + end)
                           for end in (".c", ".session")) else "no program"
    if room == "model" and rest:
        return None if os.path.exists("tests/model/%s.pml" % rest) else \
            "no model"
    if room == "unit" and rest:
        file, _, what = rest.partition(":")
        text = text_of("tests/unit/%s.c" % file)
        if text is None:
            return "no program"
        return None if '"%s"' % what in text or not what else "no such check"
    if room == "hil" and rest:
        file, _, what = rest.partition(":")
        text = text_of("tests/hil/test_%s.py" % file)
        if text is None:
            return "no file of tests"
        return None if not what or "def test_%s(" % what in text else "no test"
    m = re.fullmatch(r"(\w+):(\w+)", name)
    if m and m.group(1) == "sweep":
        text = text_of("tests/sweep/scenarios.c") or ""
        return None if 'S("%s"' % m.group(2) in text else "no scenario"
    if m:
        text = text_of("tests/target/%s.c" % m.group(1))
        if text is None:
            return "no file of tests"
        return None if re.search(r"\bT\(%s\)" % m.group(2), text) else \
            "not in its table"
    return None if not re.search(r"[/:]", name) else "no kind of test"


def main():
    wrong, seen, names = [], [], 0
    with open(TABLE, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            m = re.match(r"\| (\d+) \| [^|]+ \| (.*) \|$", line)
            if not m:
                continue
            seen.append(int(m.group(1)))
            tests = re.findall(r"`([^`]+)`", m.group(2))
            if not tests and not re.search(r"\*(later|does not apply):\*",
                                           m.group(2)) \
                    and "*partly:*" not in m.group(2):
                wrong.append("%s:%d: no test" % (TABLE, number))
            for name in tests:
                names += 1
                why = missing(name)
                if why:
                    wrong.append("%s:%d: %s: %s" % (TABLE, number, name, why))
    for case in CASES:
        if seen.count(case) != 1:
            wrong.append("%s: case %d has %d rows" % (TABLE, case,
                                                      seen.count(case)))
    for line in wrong:
        print(line)
    if not wrong:
        print("coverage: %d cases, %d names of tests" % (len(seen), names))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
