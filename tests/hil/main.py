#!/usr/bin/python3
"""main.py runs tests of this folder by pytest and speaks TAP.

    tests/hil/main.py [--build DIR] [--board NAME] FILE...
"""

import contextlib
import io
import os
import sys

try:
    import pytest
except ImportError:
    sys.exit("tests/hil/main.py: apt-get install python3-pytest "
             "(and run it with /usr/bin/python3)")


class Tap:
    def __init__(self):
        self.lines, self.said = [], []

    def pytest_runtest_logreport(self, report):
        if report.when != "call" and report.outcome == "passed":
            return
        name = report.nodeid.rpartition("::")[2].replace("\n", " ")
        if report.failed:
            self.lines.append("not ok - %s: %s" % (name, str(
                report.longrepr).strip().split("\n")[-1]))
            self.said.append("# %s\n%s\n%s" % (
                name, report.longreprtext[-4000:], report.capstdout[-4000:]))
        elif report.when == "call" or report.skipped:
            self.lines.append("ok - %s%s" % (name, " # SKIP" *
                                             report.skipped))

    def pytest_collectreport(self, report):
        if report.failed:
            self.lines.append("not ok - %s: does not load" % report.nodeid)
            self.said.append(report.longreprtext)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    # Files first: conftest.py, which knows the options, is looked for beside the
    # first word that is none.
    files = [os.path.join(here, w) for w in sys.argv[1:] if w.endswith(".py")]
    words = files + [w for w in sys.argv[1:] if not w.endswith(".py")]
    tap = Tap()
    os.chdir(os.path.join(here, "..", ".."))
    with contextlib.redirect_stdout(io.StringIO()):
        status = pytest.main(["-p", "no:cacheprovider", "-p", "no:labgrid",
                              "--rootdir", here] + words, plugins=[tap])
    if status not in (0, 1) and not tap.lines:
        tap.lines.append("not ok - pytest: status %d" % status)
    print("\n".join(tap.lines + tap.said))
    print("1..%d" % len(tap.lines))
    return int(status != 0)


if __name__ == "__main__":
    sys.exit(main())
