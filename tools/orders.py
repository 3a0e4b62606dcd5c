#!/usr/bin/env python3
"""Every memory order of the kernel that is weaker than seq_cst has its row in
docs/orders.md, and every fence; and every row its access.

    orders.py          checks that (make check)
    orders.py --list   the accesses, as the first two cells of their rows

An access is known by its file, its function and its text up to the first argument:
`runq.c:runqget` `load_acq(&pp->runqhead)`. Several like it in one function share a
row. The kernel's own files are looked at, and what the architectures' inline headers
have; atomic.h, which gives the names their meaning, is not.
"""

import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ORDERS = os.path.join(ROOT, "docs", "orders.md")
WEAK = "load_rlx nonzero_rlx load_acq store_rlx store_rel cas_acq cas_rel cas_own " \
    "xchg_lock load64 store64"
STRONG = "load store cas xadd xchg xchg_ptr"
NAME = re.compile(r"(?<![\w.>])(%s|fence)\(|(\b__atomic_\w+|\batomic_\w+)\(" %
                  "|".join((WEAK + " " + STRONG).split()))
FUNCTION = re.compile(r"^(\w+)\(")


class Access:
    def __init__(self, path, function, line, name, argument):
        self.path, self.function, self.line = path, function, line
        self.name, self.argument = name, argument
        self.file = os.path.basename(path)

    def key(self):
        return "`%s:%s` `%s(%s)`" % (self.file, self.function, self.name,
                                     self.argument)

    def weak(self):
        return self.name not in STRONG.split()


def first(text):
    """The first argument; text begins after the parenthesis."""
    depth = 0
    for i, c in enumerate(text):
        if depth == 0 and c in ",)":
            return re.sub(r"\s+", " ", text[:i]).strip()
        depth += (c in "([{") - (c in ")]}")
    return text


def strip(text):
    """Comments and strings become blanks; lines stay where they are."""
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"',
                  lambda m: re.sub(r"[^\n]", " ", m.group()), text,
                  flags=re.S)


def accesses(path):
    with open(path) as f:
        text = strip(f.read())
    function, found, at = "", [], 0
    for number, line in enumerate(text.split("\n"), 1):
        m = FUNCTION.match(line)
        if m:
            function = m.group(1)
        for m in NAME.finditer(line):
            name = m.group(1) or m.group(2)
            if m.start() == 0 or name.startswith("__atomic_compare"):
                continue
            found.append(Access(path, function, number, name,
                                first(text[at + m.end():])))
        at += len(line) + 1
    return found


def everything():
    found = []
    for path in sorted(glob.glob(os.path.join(ROOT, "kernel", "*.[ch]")) +
                       glob.glob(os.path.join(
                           ROOT, "arch", "*", "include", "*.h"))):
        if os.path.basename(path) != "atomic.h":
            found += accesses(path)
    return found


def rows():
    """The first two cells of each row -> the others."""
    found = {}
    with open(ORDERS) as f:
        for line in f:
            cells = [c.strip() for c in line.strip().strip("|").split(" | ")]
            if line.startswith("| `") and len(cells) == 4:
                found["%s %s" % tuple(cells[:2])] = cells[2:]
    return found


def main():
    sites = [a for a in everything() if a.weak()]
    if "--list" in sys.argv:
        for key in dict.fromkeys(a.key() for a in sites):
            print("| %s |" % key.replace("` `", "` | `"))
        return 0
    have, bad = rows(), 0
    for a in sites:
        if a.key() not in have:
            print("%s:%d: %s(%s) has no row in docs/orders.md" % (
                os.path.relpath(a.path, ROOT), a.line, a.name, a.argument))
            bad += 1
    known = {a.key() for a in everything()}
    for key, (verdict, why) in have.items():
        if key not in known:
            print("docs/orders.md: no such access: %s" % key)
            bad += 1
        elif not why or not re.match(r"(-|(found|survives): )", verdict):
            print("docs/orders.md: no verdict, or no reason: %s" % key)
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
