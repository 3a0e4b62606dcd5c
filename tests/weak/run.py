#!/usr/bin/env python3
"""Explores the tests of this directory (weak.c), and weakens every order in them.

    run.py                 each test holds; each mutant of docs/orders.md is found
    run.py --only REGEX    only tests whose file's name matches
    run.py --list          what each weaker order leads to, for docs/orders.md
    run.py --no-mutants    only the tests
    run.py --large         with the tests that have many states
    run.py --all           weakens the seq_cst accesses, too, and says what happens

A mutant is one access or fence of the kernel that is weaker than it is written: an
acquire or a release that is relaxed, a fence that is acquire and release only, or
none. It is found if a test fails. docs/orders.md says for every site which are: what
it promises and is not found is a failure, and so is what is found although it says
`survives`. Speaks TAP. Builds in $WEAK_BUILD or a temporary
directory. Nothing here has a time limit but the number of states (weak.c): a search
that is not complete has failed.
"""

import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tools"))
import orders  # noqa: E402

# What an order can be weakened to, by the sort of access.
WEAKER = {
    ("load", "acq"): ["rlx"],
    ("load", "sc"): ["acq"],
    ("store", "rel"): ["rlx"],
    ("store", "sc"): ["rel"],
    ("cas", "acq"): ["rlx"],
    ("cas", "rel"): ["rlx"],
    ("cas", "acqrel"): ["acq", "rel"],
    ("cas", "sc"): ["acqrel", "acq", "rel"],
    ("rmw", "acq"): ["rlx"],
    ("rmw", "rel"): ["rlx"],
    ("rmw", "sc"): ["acqrel", "acq", "rel"],
    ("fence", "sc"): ["acqrel", "none"],
}


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)


class Test:
    def __init__(self, name, build):
        self.name, self.build = name, build
        self.program = os.path.join(build, name)

    def compile(self):
        flags = ["-O1", "-g", "-Wall", "-Wextra", "-Wno-tsan", "-fno-pie"]
        dirs = ["-I" + HERE, "-I" + os.path.join(ROOT, "include"),
                "-I" + os.path.join(ROOT, "kernel")]
        return run("gcc", "-std=c11", *flags, "-fsanitize=thread", "--param",
                   "tsan-instrument-func-entry-exit=0", *dirs, "-c",
                   os.path.join(HERE, self.name + ".c"), "-o",
                   self.program + ".o"), \
            run("gcc", "-no-pie", "-o", self.program, self.program + ".o",
                os.path.join(self.build, "weak.o"))

    def sites(self, text):
        """(file, function, line, op, order) -> the addresses of the calls."""
        found = re.findall(r"^site (0x[0-9a-f]+) (\w+) (\w+)$", text, re.M)
        if not found:
            return {}
        said = run("addr2line", "-f", "-i", "-a", "-e", self.program,
                   *[f[0] for f in found]).stdout
        sites = {}
        for (pc, op, order), part in zip(
                found, re.split(r"^0x[0-9a-f]+\n", said, flags=re.M)[1:]):
            lines = part.split("\n")
            # load64 and the like are where they are called.
            for function, place in zip(lines[0::2], lines[1::2]):
                path = place.split(" ")[0]
                if not path.split(":")[0].endswith("atomic.h"):
                    break
            path, line = path.rsplit(":", 1)
            if "/kernel/" not in path:
                continue
            key = (os.path.basename(path), function, int(line), op, order)
            sites.setdefault(key, []).append(pc)
        return sites


# Which test's mutants are made in which of the kernel's files.
OF = {"runq": ["runq.c", "runq.h"],
      "switch": ["quick.h"],
      "lock": ["lock.c", "pool.c", "runtime.h"], "timer": ["time.c"],
      "idle": ["idle.c", "preempt.c"], "console": ["console.c", "netpoll.c"]}
KIND = {"load": "load load_acq load_rlx nonzero_rlx load64",
        "cas": "cas cas_acq cas_rel cas_own",
        "store": "store store_rel store_rlx store64",
        "rmw": "xadd xchg xchg_ptr xchg_lock", "fence": "fence"}


def access_of(site, known={}):
    """The access in the source that a site is."""
    path, _, line, op, _ = site
    if path not in known:
        known[path] = orders.accesses(os.path.join(ROOT, "kernel", path))
    near = [a for a in known[path] if a.name in KIND[op].split()]
    return min(near, key=lambda a: abs(a.line - line)) if near else None


class Tap:
    def __init__(self):
        self.n = self.failed = 0
        print("TAP version 13", flush=True)

    def say(self, ok, text, detail=""):
        self.n += 1
        self.failed += not ok
        print("%sok %d - %s" % ("" if ok else "not ", self.n, text))
        for line in detail.strip().split("\n") if detail else []:
            print("#   " + line.lstrip("# "))
        sys.stdout.flush()


def promised():
    """access and step -> found or survives, of docs/orders.md."""
    said = {}
    for key, (verdict, _) in orders.rows().items():
        for m in re.finditer(r"(found|survives): ([\w>, ]+)", verdict):
            for step in m.group(2).split(","):
                said["%s %s" % (key, step.strip())] = m.group(1)
    return said


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--only", default="")
    p.add_argument("--list", action="store_true")
    p.add_argument("--all", action="store_true")
    p.add_argument("--large", action="store_true")
    p.add_argument("--no-mutants", action="store_true")
    p.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    o = p.parse_args()
    build = os.environ.get("WEAK_BUILD") or tempfile.mkdtemp()
    os.makedirs(build, exist_ok=True)
    try:
        return explore(o, build)
    finally:
        if not os.environ.get("WEAK_BUILD"):
            shutil.rmtree(build)


def explore(o, build):
    start = time.monotonic()
    tap = Tap()
    engine = run("gcc", "-std=gnu11", "-O2", "-g", "-Wall", "-Wextra",
                 "-fno-pie", "-c", os.path.join(HERE, "weak.c"), "-o",
                 os.path.join(build, "weak.o"))
    if engine.returncode:
        print(engine.stdout)
        print("Bail out! weak.c does not compile")
        return 1
    tests = [Test(f[:-2], build) for f in sorted(os.listdir(HERE))
             if f.endswith(".c") and f != "weak.c" and
             re.search(o.only, f[:-2])]
    states = 0
    verdicts, where = {}, {}
    mutants = []
    for t in tests:
        for said in t.compile():
            if said.returncode:
                print(said.stdout)
                print("Bail out! %s.c does not compile" % t.name)
                return 1
        said = run(t.program, "-s", "-l", "2" if o.large else "1")
        for line in re.findall(r"^(?:holds|fails|incomplete) .*", said.stdout,
                               re.M):
            verdict, rest = line.split(" ", 1)
            states += int(re.search(r"# (\d+) states", line).group(1))
            tap.say(verdict == "holds", "weak/%s: %s" % (t.name, rest),
                    "" if verdict == "holds" else said.stdout)
        if said.returncode not in (0, 1, 2) or "site" not in said.stdout:
            tap.say(False, "weak/%s ended with %d" % (
                t.name, said.returncode), said.stdout)
        for site, pcs in t.sites(said.stdout).items():
            a = access_of(site)
            if a is None or a.file not in OF[t.name] or not (o.all or a.weak()):
                continue
            for weaker in WEAKER.get((site[3], site[4]), []):
                name = "%s %s>%s" % (a.key(), site[4], weaker)
                mutants.append((t, name, weaker, pcs))
    if o.no_mutants:
        mutants = []

    def one(m):
        t, _, weaker, pcs = m
        return m, run(t.program, "-q", "-l", "1" if o.large else "0", "-w",
                      ":".join([weaker] + pcs))

    with concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
        for (t, name, _, _), said in pool.map(one, mutants):
            where.setdefault(name, [])
            if said.returncode == 1:
                verdicts[name] = "found"
                where[name].append(t.name)
            elif said.returncode == 0:
                verdicts.setdefault(name, "survives")
            else:
                tap.say(False, "weak/%s: %s: the search is not complete" % (
                    t.name, name), said.stdout)
    rows = promised()
    for name in sorted(verdicts):
        if o.list:
            print("# %s: %s %s" % (name, verdicts[name],
                                   " ".join(where[name])))
            continue
        want = rows.get(name)
        if want is None and " sc>" in name and "`fence" not in name:
            want = verdicts[name]  # only with --all; needs no row
        tap.say(want == verdicts[name], "weak: %s: %s%s" % (
            name, verdicts[name],
            "" if want == verdicts[name] else
            "; docs/orders.md says " + (want or "nothing")))
    if not o.only and not o.no_mutants and not o.list:
        for name in sorted(set(rows) - set(verdicts)):
            tap.say(False, "weak: %s: docs/orders.md has it, no test does" %
                    name)
    found = sum(v == "found" for v in verdicts.values())
    print("1..%d" % tap.n)
    print("# %d states; %d orders weakened, %d found, %d survive as said; "
          "%.0f s" % (states, len(verdicts), found, len(verdicts) - found,
                      time.monotonic() - start))
    print("# %d passed, %d failed" % (tap.n - tap.failed, tap.failed))
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
