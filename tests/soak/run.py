#!/usr/bin/env python3
"""run.py runs the virtual soak, tests/soak/soak.c, on one architecture.

    tests/soak/run.py --arch ARCH [--hours N] [--brief] [--make make]
                      [--build build] [--seed N]

Each run must end with `all is well`. Virtual time is by counted instructions
(-icount, sleep=off), so hours asleep take what waking up takes:

  whole   N hours (100) of bursts, then on beyond 2^32 ms, with one hart and,
          where there are more, with four; and the first hour twice with one
          hart: the same hash
  brief   one hour with one hart, 2^32 ms in its middle

Where waking is rare it sleeps its way to 2^32 ms, 49.7 days. A machine whose
timer is so short that this takes minutes (SysTick has 24 bits: a wake-up each
0.67 s; the local APIC's timer 32: each 4.3 s) is built for the brief run with
CONFIG=CLOCK_START, in a directory of its own: its clock begins half an hour
before. The whole run sleeps through on all machines.

It speaks TAP.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import time

sys.path.insert(0, "tools")
import run as runner  # noqa: E402

APP = "tests/soak"
HALF_AN_HOUR_BEFORE = (1 << 32) // 1000 - 1800  # seconds
# Longest sleep that a machine's timer can do in one piece is weeks.
LONG_TIMER = ("riscv64",)


class Soak:
    def __init__(self, options):
        self.o = options
        self.n = self.bad = 0

    def build(self, *words, folder=""):
        """The machine file and the image, None if it does not build."""
        make = shlex.split(self.o.make) + [
            "-s", "--no-print-directory", "ARCH=" + self.o.arch,
            "BUILD=" + os.path.join(self.o.build, folder), *words]
        known = subprocess.run(make + ["print-machine"], check=True,
                               stdout=subprocess.PIPE)
        path = known.stdout.decode().split()[-1]
        done = subprocess.run(make + ["newlib"], stdout=sys.stderr)
        if not done.returncode:
            done = subprocess.run(
                make + ["-j%d" % (os.cpu_count() or 2), "image", "APP=" + APP],
                stdout=sys.stderr)
        if done.returncode:
            return None
        return runner.Machine(path), os.path.join(os.path.dirname(path),
                                                  "app", APP, "image.elf")

    def say(self, good, what):
        self.n += 1
        self.bad += not good
        print("%sok %d - %s" % ("" if good else "not ", self.n, what),
              flush=True)

    def run(self, built, harts, words, timeout):
        """Runs once; returns the hash, or None."""
        name = "%s/%d %s" % (self.o.arch, harts, words)
        if built is None:
            self.say(False, name + ": does not build")
            return None
        start = time.monotonic()
        output, status, why, command = runner.run(
            built[0], built[1], harts, words, built[0].icount, timeout)
        took = time.monotonic() - start
        hours = re.search(r"^([\d.]+) virtual hours", output, re.M)
        value = re.search(r"^hash (\w+)$", output, re.M)
        good = status == 0 and value and re.search(r"^all is well$", output,
                                                   re.M)
        for line in output.rstrip("\n").split("\n"):
            print("# " + line)
        if not good:
            print("# " + shlex.join(command))
        self.say(good, "%s: %s" % (name, "%s virtual hours in %.0f s" % (
            hours.group(1), took) if good else
            "exit status %d%s" % (status, why and ", " + why or "")))
        return value.group(1) if good else None

    def brief(self):
        words = "hours=1 cross=1 seed=%d" % self.o.seed
        if self.o.arch in LONG_TIMER:
            self.run(self.build(), 1, words, 300)
        else:
            self.run(self.build("CONFIG=CLOCK_START=%d" % HALF_AN_HOUR_BEFORE,
                                folder="soak"), 1, words, 300)

    def whole(self):
        built = self.build()
        hour = "hours=1 seed=%d" % self.o.seed
        one = self.run(built, 1, hour, 600)
        two = self.run(built, 1, hour, 600)
        self.say(one is not None and one == two,
                 "%s: the same hash twice" % self.o.arch)
        for harts in (1, 4):
            if built is not None and harts <= built[0].harts_max:
                self.run(built, harts, "hours=%d cross=1 seed=%d" % (
                    self.o.hours, self.o.seed), 14400)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--make", default="make")
    p.add_argument("--build", default="build")
    p.add_argument("--arch", required=True)
    p.add_argument("--hours", type=int, default=100)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--brief", action="store_true")
    o = p.parse_args()
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARGS"):
        os.environ.pop(name, None)
    soak = Soak(o)
    if o.brief:
        soak.brief()
    else:
        soak.whole()
    print("1..%d" % soak.n)
    return 1 if soak.bad else 0


if __name__ == "__main__":
    sys.exit(main())
