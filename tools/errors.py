#!/usr/bin/env python3
"""errors.py lists by which number the smallest kernel (make MINI=1) tells which error:
include/errtext.h makes it of the text.

    tools/errors.py --write [PAGE]     puts the table on the page (docs/size.md)
    tools/errors.py --check [PAGE]     says what is wrong with the one that is there
    tools/errors.py --number TEXT      of a format string as the source has it
"""

import re
import sys

CALL = re.compile(r'\b(?:fatal|panic)\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)')
PIECE = re.compile(r'"((?:[^"\\]|\\.)*)"')
SOURCES = ["kernel/small/small.c", "kernel/small/select.c", "kernel/chan.c",
           "kernel/sema.c", "pkg/sync.c", "pkg/semaphore.c", "pkg/rwmutex.c",
           "pkg/context.c"]
# What has no text of the kernel's.
OTHERS = {255: "a fault: what it is and where, a debugger shows"}
PANIC = "panic"


def number(text):
    """ERRNUM(text)."""
    s = text.encode() + b"\0"
    n = len(s)
    return 128 + (31 * s[0] + 37 * s[n // 2] + 41 * s[n // 4] +
                  43 * s[n * 3 // 4] + 7 * n) % 127


def texts(path):
    """The format string of each error in a source."""
    with open(path, encoding="utf-8") as f:
        source = re.sub(r"//[^\n]*", "", f.read())
    for m in CALL.finditer(source):
        yield "".join(PIECE.findall(m[1])).replace('\\"', '"').replace(
            "\\n", "\n")


def table():
    """[line] of the table."""
    found = {}
    for path in SOURCES:
        for text in texts(path):
            found.setdefault(number(text), set()).add(text)
    found.setdefault(number(PANIC), set()).add("the program called panic")
    for n, text in OTHERS.items():
        found.setdefault(n, set()).add(text)
    return ["| %d | %s |" % (n, "; ".join(sorted(t)))
            for n, t in sorted(found.items())]


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in ("--number", "--check",
                                                "--write"):
        sys.exit(__doc__)
    if sys.argv[1] == "--number":
        print(number(sys.argv[2]))
        return 0
    page = (sys.argv[2:] or ["docs/size.md"])[0]
    want = table()
    with open(page, encoding="utf-8") as f:
        text = f.read()
    rows = re.findall(r"^\| \d{3} \|.*$", text, re.M)
    if sys.argv[1] == "--check":
        for row in sorted(set(rows) ^ set(want)):
            print("%s: %s: %s" % (page, "missing" if row in want else
                                  "out of date", row))
        return rows != want
    head = text.index("| number | error |\n|---|---|\n")
    at = text.index("\n", text.index("|---|---|", head)) + 1
    rest = re.sub(r"\A(?:\| \d{3} \|.*\n)*", "", text[at:])
    with open(page, "w", encoding="utf-8") as f:
        f.write(text[:at] + "".join(row + "\n" for row in want) + rest)
    return 0


if __name__ == "__main__":
    sys.exit(main())
