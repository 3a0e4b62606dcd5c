"""What make hil makes of verdicts: attempts, JUnit XML, the last line, the status."""

import glob
import os
import pty
import subprocess
import sys
import types
import xml.etree.ElementTree as xml

import bench
import hil
import pytest
import tap

GOOD = tap.Verdict(tap.DONE, [tap.Result(1, "A", tap.PASS),
                              tap.Result(2, "B", tap.SKIP, "one hart")])
BAD = tap.Verdict(tap.DONE, [tap.Result(1, "A", tap.PASS), tap.Result(
    2, "B", tap.FAIL, "b.c:3: n is 1, not <2>")], unrun=3)
SICK = tap.Verdict(tap.INFRA, why="silent: not a byte")


class Bench:
    def __init__(self, *verdicts):
        self.verdicts, self.cycles = list(verdicts), 0

    def run(self, image, words, watchdog):
        return self.verdicts.pop(0), types.SimpleNamespace(raw=b"what it said")

    def power_cycle(self):
        self.cycles += 1


@pytest.mark.parametrize("verdicts, retries, ends, runs", [
    ([GOOD], 2, GOOD, 1), ([BAD, GOOD], 2, BAD, 1),  # a failure is not repeated
    ([SICK, GOOD], 2, GOOD, 2), ([SICK, SICK, BAD], 2, BAD, 3),
    ([SICK, SICK, SICK, GOOD], 2, SICK, 3), ([SICK, GOOD], 0, SICK, 1)],
    ids=range(6))
def test_attempts(tmp_path, verdicts, retries, ends, runs):
    b, said = Bench(*verdicts), []
    verdict, raw = hil.attempts(b, "x", "", 1, retries, str(tmp_path),
                                said.append)
    assert verdict is ends
    assert len(verdicts) - len(b.verdicts) == runs
    sick = runs - (ends is not SICK)
    assert len(said) == sick and b.cycles == min(sick, retries)
    assert all("infra-fail: silent" in line for line in said)
    assert sorted(os.listdir(tmp_path)) == sorted(
        "%d.%s" % (n, e) for n in range(1, runs + 1) for e in ("raw", "log"))
    assert (tmp_path / os.path.basename(raw)).read_bytes() == b"what it said"


@pytest.mark.parametrize("verdict, status, last", [
    (GOOD, 0, "2 passed, 0 failed"), (BAD, 1, "1 passed, 1 failed"),
    (SICK, 2, "0 passed, 0 failed, 1 infra-fail")], ids=range(3))
def test_report(tmp_path, capsys, verdict, status, last):
    assert hil.report(verdict) == status
    assert capsys.readouterr().out.strip().split("\n")[-1] == last
    path = str(tmp_path / "junit.xml")
    hil.write_junit(path, "b", verdict, 1.5, "raw log: 1.raw")
    suite = xml.parse(path).getroot()
    cases = suite.findall("testcase")
    found = {k: [c for c in cases if c.find(k) is not None]
             for k in ("failure", "error", "skipped")}
    assert len(found["failure"]) == int(suite.get("failures")) == (status == 1)
    assert len(found["error"]) == int(suite.get("errors")) == (status == 2)
    if verdict is BAD:
        assert found["failure"][0].find("failure").get("message") == \
            "b.c:3: n is 1, not <2>"
        assert [c.get("name") for c in found["skipped"]] == ["3 more"]
    if verdict is SICK:
        assert found["error"][0].find("error").get("type") == "infra-fail"


NOBODY = """
imports: [%s/tools/hil/classes.py]
options: {place: nowhere-%d}
targets:
  main:
    resources:
      GdbServer: {address: '127.0.0.1:1'}
      RawSerialPort: {port: %s, speed: 115200}
    drivers: {GdbServerDriver: {}, SerialDriver: {}}
"""


def test_three_statuses(request, tmp_path):
    """hil.py itself: passed and failed on the stand-in, and on a bench where nobody
    answers."""
    option = request.config.getoption
    common = [sys.executable, "tools/hil/hil.py", "--make", option("--make"),
              "--build", option("--build"), "--board", option("--board"),
              "--prepared", "--app", "tests/target", "--retries", "1"]

    def status(*words):
        p = subprocess.run(common + list(words), stdout=subprocess.PIPE,
                           timeout=600)
        return p.returncode, p.stdout.decode().strip().split("\n")

    drill = ["--bench", "qemu", "--args", "table=drill", "--only"]
    code, said = status(*drill, "Pass")
    assert (code, said[-1]) == (0, "6 passed, 0 failed"), said
    code, said = status(*drill, "Fail")
    assert (code, said[-1]) == (1, "2 passed, 1 failed"), said
    master, slave = pty.openpty()
    env = tmp_path / "nobody.yaml"
    env.write_text(NOBODY % (os.getcwd(), os.getpid(), os.ttyname(slave)))
    code, said = status("--bench", str(env))
    assert (code, said[-1]) == (2, "0 passed, 0 failed, 1 infra-fail"), said
    assert sum("of 2: infra-fail: no board" in line for line in said) == 2
    code, said = status("--bench", str(tmp_path / "none.yaml"))
    assert code == 3, said
    os.close(master)
    os.close(slave)


def test_power_switch(tmp_path, monkeypatch):
    from labgrid.driver.fake import FakePowerDriver
    cycles = []
    monkeypatch.setattr(FakePowerDriver, "cycle",
                        lambda self: cycles.append(self))
    env = tmp_path / "bench.yaml"
    text = NOBODY % (os.getcwd(), 1, "/dev/nonesuch")
    env.write_text(text)
    machine = types.SimpleNamespace(values={})
    bench.Bench(str(env), "main", machine).power_cycle()  # there is none
    env.write_text(text.replace("SerialDriver: {}",
                                "SerialDriver: {}, FakePowerDriver: {}"))
    bench.Bench(str(env), "main", machine).power_cycle()
    assert len(cycles) == 1


REAL = [p for p in sorted(glob.glob("boards/*/hil.yaml")) if "main" in
        hil.settings(p)["targets"]]


@pytest.mark.parametrize("env", REAL, ids=lambda p: p.split("/")[1])
def test_bench_of_a_board(env):
    """labgrid knows every class and setting in it; nothing is plugged in."""
    board = env.split("/")[1]
    values = {"board": board, "openocd_cfg": "board/x.cfg",
              "openocd_adapter": "interface/y.cfg"}
    b = bench.Bench(env, "main", types.SimpleNamespace(values=values))
    assert b.server.command(["-c", "init"])[:5] == [
        "openocd", "-f", "interface/y.cfg", "-f", "board/x.cfg"]
    assert b.console.port.port == "/dev/gzero/" + board
