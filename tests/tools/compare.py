#!/usr/bin/env python3
"""compare.py tests the comparer of tools/counts.py: what is worse than the baseline
must fail, by row and figures, and what is not must not.

    tests/tools/compare.py

It runs the tool as make does, on results of its own making (--measured), and
speaks TAP.
"""

import copy
import json
import os
import subprocess
import sys
import tempfile
import traceback

sys.path.insert(0, "tools")
import counts as bench  # noqa: E402

RESULT = {"arch": "riscv64", "board": "virt", "notes": [], "rows": [
    {"id": name, "title": name, "go": None, "name": None, "unit": "instructions",
     "value": value, "target": 70, "peers": {"FreeRTOS": 121}, "part_of": None}
    for name, value in (("yield", 100.0), ("mutex", 12), ("masked", 40),
                        ("tick", 3.5))]}
BASELINE = {"virt": {"yield": 100.0, "mutex": 12, "masked": 40},
            "q35": {"yield": 1}}


class Failure(Exception):
    pass


def check(ok, text):
    if not ok:
        raise Failure(text)


def run(result, baseline, *words):
    """(status, output, the baseline afterwards as text)."""
    with tempfile.TemporaryDirectory() as d:
        paths = [os.path.join(d, n) for n in ("virt.json", "baseline.json")]
        for path, what in zip(paths, (result, baseline)):
            with open(path, "w") as f:
                json.dump(what, f)
        p = subprocess.run(
            [sys.executable, "tools/counts.py", "--baseline", paths[1],
             "--measured", paths[0], *words], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        with open(paths[1]) as f:
            return p.returncode, p.stdout.decode(), f.read()


def changed(name, value):
    """The baseline with another figure; None: without the row."""
    new = copy.deepcopy(BASELINE)
    if value is None:
        del new["virt"][name]
    else:
        new["virt"][name] = value
    return new


def same():
    status, output, _ = run(RESULT, BASELINE)
    check(status == 0, output)
    check("worse" not in output and "better" not in output, output)


def within_two_percent():
    for was in (98.1, 101.9):
        status, output, _ = run(RESULT, changed("yield", was))
        check(status == 0 and "worse" not in output, "%g: %s" % (was, output))


def worse_fails():
    status, output, _ = run(RESULT, changed("yield", 97.9))
    check(status == 1, "status %d" % status)
    check("worse: virt yield: 100, was 97.9 (+2.1 %)" in output, output)


def one_instruction_of_few():
    status, output, _ = run(RESULT, changed("mutex", 11))
    check(status == 1 and "worse: virt mutex: 12, was 11" in output, output)


def from_nothing():
    status, output, _ = run(RESULT, changed("mutex", 0))
    check(status == 1 and "worse: virt mutex: 12, was 0" in output, output)


def better_says_so():
    status, output, _ = run(RESULT, changed("masked", 50))
    check(status == 0, output)
    check("better: virt masked: 40, was 50 (-20.0 %)" in output and
          "make bench-baseline" in output, output)


def missing_in_baseline():
    status, output, _ = run(RESULT, changed("yield", None))
    check(status == 1 and "virt yield: measured (100) and not in" in output,
          output)


def missing_in_run():
    status, output, _ = run(RESULT, changed("ring", 5))
    check(status == 1 and "virt ring: in the baseline (5) and not" in output,
          output)


def no_baseline():
    status, output, _ = run(RESULT, {})
    check(status == 1 and "virt: no baseline" in output, output)


def as_tap():
    status, output, _ = run(RESULT, changed("yield", 90), "--tap")
    check(status == 1 and "\nnot ok - virt # worse: virt yield" in output and
          "\n1..1\n" in output, output)
    status, output, _ = run(RESULT, BASELINE, "--tap")
    check(status == 0 and "\nok - virt\n" in output, output)


def recorded():
    status, output, text = run(RESULT, changed("yield", 1), "--record")
    check(status == 0, output)
    check(json.loads(text) == BASELINE, text)  # tick is left out, q35 stays
    lines = text.split("\n")
    check(lines.count(' "yield": 100.0') == 1 and lines[0] == "{", text)
    boards = [x for x in lines if x.startswith('"')]
    check(boards == sorted(boards), text)


def two_runs():
    """What a program and the plugin say, put together."""
    rows = bench.read_rows("bench mark 1 - 0\nbench loop 100 mark 1\n"
                           "bench ten 100 loop 1\n"
                           "bench yield 200 loop 2\nbench irq 3 latency 0\n"
                           "bench more 100 yield 0\nbench masked 1 masked 0\n")
    said = "interval 0 6\ninterval 1 206\ninterval 2 1206\n" \
        "interval 3 20406\nlatency 4 7\nlatency 4 9\nlatency 4 90\n" \
        "interval 4 500\ninterval 5 30406\ninterval 6 9\n" \
        "handlers 6 2 60\nmasked 6 33 0x10 0x20 5\n" \
        "handler 6 40 0x30 0x40 7\n"
    values = bench.per_operation(rows, bench.read_intervals(said))
    # 20406 - 6 (marks) - 2 * 200 (loops), by 200.
    check(values == {"yield": 100, "irq": 9, "more": 100, "masked": 33,
                     "handler": 40}, str(values))
    for wrong in ("interval 0 6\n", said.replace("2 1206", "2 1207")):
        try:
            bench.per_operation(rows, bench.read_intervals(wrong))
        except bench.Failure:
            continue
        raise Failure("taken: " + wrong)


TESTS = (same, within_two_percent, worse_fails, one_instruction_of_few,
         from_nothing, better_says_so, missing_in_baseline, missing_in_run,
         no_baseline, as_tap, recorded, two_runs)


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
