#!/usr/bin/env python3
"""listing.py tests what writes docs/listings (tools/listings.py) on a made image: what
is said of an instruction, which operation is taken, that the sums are those of what was
executed, and what has no purpose; and holds the pages against docs/performance.md.

    tests/tools/listing.py

It speaks TAP.
"""

import collections
import json
import os
import re
import sys
import tempfile
import traceback

sys.path.insert(0, "tools")
import counts as bench  # noqa: E402
import listings  # noqa: E402

PAGE, FOLDER = "docs/performance.md", "docs/listings"

# An image: take (from 0x20) has put of ring.c inlined, leave (0x40) is assembly.
SOURCES = {"ring.c": "one\ntail = put(x);\nthree\nreturn tail;",
           "leave.S": "push all\njump"}
SAID = """0x00000020
put
ring.c:2
take
ring.c:4 (discriminator 3)
0x00000022
take
ring.c:4
0x00000040
??
leave.S:1
0x00000042
??
??:0
0x00000060
loop
bench/made.c:1
"""
TEXTS = {0x20: "ldr r3, [pc, #8]\t@ (28 <take+0x8>)",
         0x22: "bl 40 <leave>", 0x40: "push\t{r4, r5}", 0x42: "bx lr",
         0x60: "bne.n 60 <loop>"}
RULES = [{"purpose": "registers", "insn": "^push"},
         {"purpose": "queue", "in": "put"},
         {"purpose": "call", "line": "return", "file": r"ring\.c"},
         {"purpose": "call", "in": "leave"}]


class Failure(Exception):
    pass


def check(ok, text):
    if not ok:
        raise Failure(text)


def refused(what, *words):
    try:
        what(*words)
    except bench.Failure as e:
        return str(e)
    raise Failure("nothing was said: %s" % (words,))


def symbol(at):
    return {0x20: "take", 0x40: "leave", 0x60: "loop"}[at & ~0x1f]


def image(rules=None):
    source = listings.Source()
    with tempfile.TemporaryDirectory() as d:
        for name, text in SOURCES.items():
            with open(os.path.join(d, name), "w") as f:
                f.write(text)
            for n in (1, 2, 4):
                source.line(os.path.join(d, name), n)
            source.files[name] = source.files.pop(os.path.join(d, name))
    return listings.Listing(symbol, TEXTS, listings.frames(
        SAID, symbol, source), listings.Purposes(rules or RULES))


def row(value):
    return {"id": "yield", "title": "yield to a peer", "value": value,
            "target": 3}


# Ten operations: a loop's instruction, take, leave; in every fifth, leave twice.
def executed():
    run = []
    for k in range(10):
        run += [0x60, 0x20, 0x22] + [0x40, 0x42] * (2 if k % 5 == 4 else 1)
    return run


def inlined():
    chain = image().chains[0x20]
    check([(f.function, f.file, f.line) for f in chain] == [
        ("put", "ring.c", 2), ("take", "ring.c", 4)], str(chain))
    check(chain[0].text == "tail = put(x);", str(chain))


def assembly():
    known = image()
    for at, line in ((0x40, 1), (0x42, 0)):
        check([(f.function, f.line) for f in known.chains[at]] == [
            ("leave", line)], str(known.chains[at]))


def purposes():
    known = image()
    found = [known.about(at)[2] for at in sorted(TEXTS)]
    check(found == ["queue", "call", "registers", "call", listings.PROGRAM],
          str(found))


def wrong_rules():
    for rule in ({"purpose": "queue"}, {"in": "put"},
                 {"purpose": "queue", "function": "put"}):
        check("no rule" in refused(listings.Purposes, [rule]), str(rule))


def no_addresses():
    for was, text in ((TEXTS[0x20], "ldr r3, [pc, #8]"),
                      (TEXTS[0x22], "bl leave"),
                      ("jne    80001234 <park+0x10>", "jne park+0x10"),
                      ("lw a5,-308(a5) # 8004005c <max>", "lw a5,-308(a5)")):
        check(listings.tidy(was) == text, listings.tidy(was))


def usual_operation():
    found = listings.parts(executed(), 10, 5.4)
    check(found == [(6, [0x60, 0x20, 0x22, 0x40, 0x42])], str(found))


def two_places():
    # A thousand made, then a thousand run: neither is in the other's middle.
    found = listings.parts([1, 2, 3, 4] * 1000 + [5, 6, 7] * 1000, 1000, 7)
    check([part for _, part in found] == [[1, 2, 3, 4], [5, 6, 7]],
          str(found))
    check("once an operation" in refused(listings.parts, [1, 2], 1000, 2),
          "two instructions are no run")


def an_interrupt():
    run = [9, 1, 2, 3, 8, 9, 1, 2, 8, 9]
    check(listings.latency(run, {1}, {8}, 2) == [1, 2], "the second")
    check(listings.latency(run, {1}, {8}, 3) == [1, 2, 3], "the first")
    refused(listings.latency, run, {1}, {8}, 4)


def section(known=None, value=4.4):
    run = executed()
    whole = len(run) / 10
    return (known or image()).section(
        row(value), "Made.", collections.Counter(run), 10, whole - value,
        [("One.", part) for _, part in listings.parts(run, 10, whole)])


def sums():
    lines = section()
    table = dict(re.findall(r"^\| (.+?) \| \**(-?[\d.]+)\** \|$",
                            "\n".join(lines), re.M))
    check(table == {
        "call": "2.2", "registers": "1.2", "queue": "1",
        listings.PROGRAM: "1", listings.TAKEN: "-1", "**sum**": "4.4",
        "`take`": "2", "`leave`": "2.4", "`loop`": "1"}, str(table))
    check("**4.4**, target 3. Made." in "\n".join(lines), "\n".join(lines))


def in_order():
    body = "\n".join(section()).split("```\n")[1].split("\n")
    want = ((r"loop: 1$",), ("bne.n loop", "bench/made.c:1"),
            (r"take: 2$",), ("ldr r3", "queue", "ring.c:2", r"put\(x\);$"),
            ("bl leave", "call", "ring.c:4", "return tail;$"),
            (r"leave: 2$",), (r"push \{r4, r5\}", "registers", "leave.S:1"),
            ("bx lr", "call", r"\?\?:0$"))
    for line, words in zip(body, want):
        check(re.search(".* ".join(words), line), "\n".join(body))
    check(len(body) == len(want) + 1, "\n".join(body))
    # One purpose, two places: each is told; and a place once.
    lines = image(RULES[1:]).listed([0x40, 0x42, 0x42])
    check("leave.S:1" in lines[1] and "??:0" in lines[2] and
          "??:0" not in lines[3], "\n".join(lines))


def as_above():
    was, listings.SHORT = listings.SHORT, 2
    try:
        lines = image().listed([0x60, 0x20, 0x22, 0x60, 0x20, 0x22])
    finally:
        listings.SHORT = was
    check(lines.count("take: 2") == 1 and lines[-1] == "take: 2, as above",
          "\n".join(lines))
    check(lines.count("loop: 1") == 2, "\n".join(lines))


def unassigned():
    said = refused(section, image(RULES[:-1]))
    check("yield: 22 % have no purpose" in said, said)


def twice():
    check(section() == section(), "two different pages of one run")


def read_again():
    with tempfile.NamedTemporaryFile("w", suffix=".md") as f:
        f.write(listings.HEAD % ("made", "paper", "") + "\n".join(section()))
        f.flush()
        found = listings.read(f.name)
    check(found == {"yield": ("4.4", "3", {
        "call": 2.2, "registers": 1.2, "queue": 1, listings.PROGRAM: 1,
        listings.TAKEN: -1})}, str(found))


def the_rules():
    with open("bench/purposes.json", encoding="utf-8") as f:
        rules = json.load(f)
    listings.Purposes(rules)
    keys = [json.dumps(r, sort_keys=True) for r in rules]
    check(len(keys) == len(set(keys)), "a rule is there twice")


def the_pages():
    """Each target that is missed has a section with its figure, and the reverse."""
    with open(PAGE, encoding="utf-8") as f:
        page = f.read()
    for arch in ("armv7m", "riscv64", "x86_64"):
        table = page.split("<!-- %s: make bench-charts -->" % arch)[1].split(
            "<!-- %s end -->" % arch)[0]
        want = {m[3]: (m[1], m[2]) for m in re.finditer(
            r"^\|.*?\|.*?\| (\S+) \| \[(\S+) missed\]\(listings/" + arch +
            r"\.md#(\w+)\)", table, re.M)}
        have = {name: told[:2] for name, told in listings.read(
            os.path.join(FOLDER, arch + ".md")).items()
            if name != listings.ALWAYS or float(told[0]) > float(told[1])}
        check(want == have, "%s: the tables have %s, the listings %s: make "
              "bench-listings, make bench-charts" % (arch, want, have))


TESTS = (inlined, assembly, purposes, wrong_rules, no_addresses,
         usual_operation, two_places, an_interrupt, sums, in_order, as_above,
         unassigned, twice, read_again, the_rules, the_pages)


def main():
    bad = 0
    for n, test in enumerate(TESTS, 1):
        try:
            test()
            why = ""
        except Failure as e:
            why = str(e)
        except Exception:
            why = traceback.format_exc()
        bad += bool(why)
        print("%sok %d - %s" % ("not " if why else "", n, test.__name__))
        for line in why.split("\n") if why else ():
            print("# " + line)
    print("1..%d" % len(TESTS))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
