#!/usr/bin/python3
"""hil.py runs a board's test image on a board, and says what can be believed.

    tools/hil/hil.py --make make --build build --board NAME [--bench qemu|FILE]
                     [--only PREFIX] [--args WORDS] [--retries N]
                     [--watchdog S] [--prepared]

The bench is the target `main` of boards/NAME/hil.yaml or of the file given, or
with --bench qemu the target `qemu`: QEMU in the board's place (standin.py).

Speaks TAP, ends in `N passed, N failed`, with `, 1 infra-fail` behind it if the
bench is at fault, and its status is 0 all passed, 1 a test failed, 2 infra-fail.
What is infra-fail is tried again, --retries times; a failed test never is. In
build/hil/NAME: junit.xml, and each attempt's raw bytes (N.raw) and judgement
(N.log).
"""

import argparse
import os
import sys
import time
import xml.etree.ElementTree as xml

try:
    import yaml

    import bench
    import tap
except ImportError as e:
    sys.exit("hil.py: %s: apt-get install python3-labgrid python3-serial "
             "(and run it with /usr/bin/python3)" % e)
from board import Board
from trouble import Trouble

QEMU = "qemu"
SEED = 7


def choose(board, bench_word):
    """(file, role) of the bench that is meant."""
    own = os.path.join("boards", board.name, "hil.yaml")
    if bench_word not in ("", QEMU):
        if not os.path.exists(bench_word):
            raise Trouble("BENCH=%s: no such file (or BENCH=qemu)" % bench_word)
        return bench_word, "main"
    if bench_word == QEMU and board.values.get("checked") == "link":
        near = board.values.get("standin")
        raise Trouble("QEMU has no %s; %s" % (board.name, near and (
            "the nearest to it: make hil BENCH=qemu BOARD=" + near) or
            "and nothing near it"))
    if not os.path.exists(own):
        raise Trouble("%s is missing: see docs/hil.md" % own)
    role = QEMU if bench_word == QEMU else "main"
    if role not in settings(own)["targets"]:
        raise Trouble("%s has no bench `%s', only: %s" % (
            own, role, " ".join("BENCH=qemu" if r == QEMU else r
                                for r in settings(own)["targets"])))
    return own, role


def settings(env):
    with open(env) as f:
        return yaml.safe_load(f)


def place(env, role, board):
    """What only one job at a time may use."""
    if role == QEMU:  # each working copy has QEMUs of its own
        return "qemu-%s-%s" % (board.name, os.path.abspath(board.build))
    return settings(env).get("options", {}).get("place") or board.name


def write_junit(path, board, verdict, seconds, raw):
    suite = xml.Element("testsuite", name="hil." + board, tests=str(
        max(len(verdict.results), 1)), failures=str(verdict.count(tap.FAIL)),
        errors=str(int(verdict.kind == tap.INFRA)),
        skipped=str(verdict.count(tap.SKIP) + verdict.unrun),
        time="%.1f" % seconds)
    for r in verdict.results:
        case = xml.SubElement(suite, "testcase", classname="hil." + board,
                              name=r.name, time="%.3f" % r.seconds)
        if r.outcome == tap.FAIL:
            xml.SubElement(case, "failure", message=r.why)
        elif r.outcome == tap.SKIP:
            xml.SubElement(case, "skipped", message=r.why)
    if verdict.unrun:
        case = xml.SubElement(suite, "testcase", classname="hil." + board,
                              name="%d more" % verdict.unrun)
        xml.SubElement(case, "skipped", message="not run")
    if verdict.kind == tap.INFRA:
        case = xml.SubElement(suite, "testcase", classname="hil." + board,
                              name="bench")
        xml.SubElement(case, "error", type=tap.INFRA, message=verdict.why)
    xml.SubElement(suite, "system-out").text = raw
    xml.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def attempts(b, image, words, watchdog, retries, folder, say):
    """Runs until the results can be believed, 1 + retries times at most."""
    for n in range(1, retries + 2):
        raw = os.path.join(folder, "%d.raw" % n)
        verdict, stream = b.run(image, words, watchdog)
        with open(raw, "wb") as f:
            f.write(bytes(stream.raw) if stream else b"")
        with open(os.path.join(folder, "%d.log" % n), "w") as f:
            f.write("# attempt %d, arguments: %s\n# verdict: %s %s\n# gdb:\n%s" %
                    (n, words, verdict.kind, verdict.why,
                     getattr(b, "gdb_said", "")))
        if verdict.kind == tap.DONE:
            break
        say("# attempt %d of %d: infra-fail: %s (%s)" % (
            n, retries + 1, verdict.why, raw))
        if n <= retries:
            b.power_cycle()
    return verdict, raw


def report(verdict):
    """Prints it as TAP; returns the status."""
    if verdict.kind == tap.INFRA:
        print("1..1\nnot ok 1 - bench: infra-fail: %s" % verdict.why)
        print("0 passed, 0 failed, 1 infra-fail")
        return 2
    print("1..%d" % len(verdict.results))
    for r in verdict.results:
        print("%s %d - %s%s%s" % ("not ok" if r.outcome == tap.FAIL else "ok",
                                  r.number, r.name, " # SKIP" * (
                                      r.outcome == tap.SKIP),
                                  r.why and (": " if r.outcome == tap.FAIL
                                             else " ") + r.why))
    if verdict.unrun:
        print("# %d tests behind it were not run" % verdict.unrun)
    failed = verdict.count(tap.FAIL)
    print("%d passed, %d failed" % (len(verdict.results) - failed, failed))
    return 1 if failed else 0


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--make", default="make")
    p.add_argument("--build", default="build")
    p.add_argument("--board", required=True)
    p.add_argument("--bench", default="")
    p.add_argument("--only", default="")
    p.add_argument("--args", default="")
    p.add_argument("--app", default="")
    p.add_argument("--retries", type=int, default=2)
    p.add_argument("--watchdog", type=float, default=60)
    p.add_argument("--prepared", action="store_true")
    o = p.parse_args()
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARGS", "ONLY"):
        os.environ.pop(name, None)

    folder = os.path.join(o.build, "hil", o.board)
    os.makedirs(folder, exist_ok=True)
    for old in os.listdir(folder):
        os.unlink(os.path.join(folder, old))
    start, raw, lock = time.monotonic(), "", None
    try:
        try:
            board = Board(o.make, o.build, o.board)
            env, role = choose(board, o.bench)
            app = o.app or board.values.get("tests") or "tests/target"
            image = board.image(app, o.prepared)
        except Trouble as e:  # not the bench's fault: nothing was tried
            print("hil.py: %s" % e)
            return 3
        words = "seed=%d gz.seed=%d" % (SEED, SEED)
        if role == QEMU:
            words += " clock=virtual"
        if o.only:
            words += " run=" + o.only
        if o.args:
            words += " " + o.args
        print("# %s on the bench %s of %s, watchdog %g s, retries %d" % (
            app, role, env, o.watchdog, o.retries), flush=True)
        lock = bench.Lock(place(env, role, board), "hil.py " + o.board)
        lock.take()
        b = bench.Bench(env, role, board.machine)
        verdict, raw = attempts(b, image, words, o.watchdog, o.retries, folder,
                                lambda t: print(t, flush=True))
    except Trouble as e:
        verdict = tap.Verdict(tap.INFRA, why=str(e))
    finally:
        if lock:
            lock.drop()
    write_junit(os.path.join(folder, "junit.xml"), o.board, verdict,
                time.monotonic() - start, raw and "raw log: " + raw)
    return report(verdict)


if __name__ == "__main__":
    sys.exit(main())
