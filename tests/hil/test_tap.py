"""The judge alone (tools/hil/tap.py): every byte of what a board says is changed,
lost, doubled or followed by another one. The verdict is then either what it was,
test by test, or infra-fail: never another one."""

import random

import pytest
import tap

TOKEN = "5eed0001"


def say(lines, status=None):
    text = b"\n" + b"".join(
        (line if line.startswith("=") else tap.sign(line)).lstrip("=").encode()
        + b"\r\n" for line in lines)
    return text + (b"\ngzero: exit %d\n" % status if status is not None
                   else b"")


HEAD = ["# hil=" + TOKEN, "# harts=1 seed=7 scale=1", "1..3"]
STREAMS = {
    "pass": say(HEAD + [
        "ok 1 - Chan", "=# a line of a test's own", "ok 2 - Select6",
        "ok 3 - Ring # SKIP one hart", "# 3 of 3 passed"], 0),
    "fail": say(HEAD + [
        "ok 1 - Chan", "not ok 2 - Select6: tests/target/select.c:8: n is 3, "
        "not 4", "ok 3 - Ring", "# 2 of 3 passed"], 1),
    "crash": say(HEAD + [
        "ok 1 - Chan", "=panic: out of luck", "=", "=goroutine 2 [running]:",
        "=f(...)"], 2),
}
SAID = {"pass": 3, "fail": 3, "crash": 1}
WANT = {"pass": [tap.PASS, tap.PASS, tap.SKIP],
        "fail": [tap.PASS, tap.FAIL, tap.PASS], "crash": [tap.PASS, tap.FAIL]}


def judge(data, name="pass"):
    s = tap.Stream(TOKEN, lambda: 0.0)
    s.feed(data)
    look = {"where": "pc 0x100, arch_halt + 20", "running": 3,
            "said": SAID[name], "over": 0}
    if s.status is None:  # then the watchdog comes, and the board has ended
        return s.hung(1, look)
    return s.ended(s.status, lambda: look)


def outcomes(verdict):
    return [r.outcome for r in verdict.results]


@pytest.mark.parametrize("name", STREAMS)
def test_unharmed(name):
    v = judge(STREAMS[name], name)
    assert v.kind == tap.DONE and outcomes(v) == WANT[name]
    for cut in range(len(STREAMS[name])):  # however it comes in
        s = tap.Stream(TOKEN, lambda: 0.0)
        s.feed(STREAMS[name][:cut])
        s.feed(STREAMS[name][cut:])
        assert outcomes(s.ended(s.status)) == WANT[name]


def harmed(data):
    for i in range(len(data)):
        yield data[:i] + data[i + 1:]
        yield data[:i] + data[i:i + 1] + data[i:]
        yield data[:i] + b"\xff" + data[i:]
        for bit in range(8):
            yield data[:i] + bytes([data[i] ^ 1 << bit]) + data[i + 1:]
        for length in (2, 4, 7, 20, 60):
            yield data[:i] + data[i + length:]
    for i in range(1, 2000):  # two places, and a digit for another one
        r = random.Random(i)
        a = bytearray(data)
        for _ in range(2):
            a[r.randrange(len(a))] = r.choice(b"0123456789abcdefnotk \n*#")
        yield bytes(a)


@pytest.mark.parametrize("name", STREAMS)
def test_harmed(name):
    believed = refused = 0
    for data in harmed(STREAMS[name]):
        v = judge(data, name)
        if v.kind == tap.INFRA:
            assert v.why and not v.results
            refused += 1
        else:
            assert outcomes(v) == WANT[name], data
            believed += 1
    assert refused > 1000 and believed > 10


def test_status_says_otherwise():
    for name, status in (("pass", b"1"), ("fail", b"0")):
        data = STREAMS[name][:-2] + status + b"\n"
        v = judge(data)
        assert v.kind == tap.INFRA and "contradicts" in v.why


def test_started_again():
    v = judge(STREAMS["pass"][:80] + STREAMS["pass"])
    assert v.kind == tap.INFRA
    assert "started again" in v.why


def test_an_old_image():
    data = STREAMS["pass"].replace(tap.sign("# hil=" + TOKEN).encode(),
                                   tap.sign("# hil=00000bad").encode())
    assert "another image runs" in judge(data).why


def test_hangs():
    s = tap.Stream(TOKEN, lambda: 0.0)
    s.feed(say(HEAD + ["ok 1 - Chan"]))
    here = {"where": "pc 0x100, spin", "running": 2, "said": 1, "over": 0,
            "name": "Select6"}
    v = s.hung(5, here)
    assert outcomes(v) == [tap.PASS, tap.FAIL] and v.unrun == 1
    assert v.results[1].name == "Select6" and "spin" in v.results[1].why
    # The same silence, and the probe finds something else.
    for look in ("no answer", {"where": "pc 0x100"}, dict(here, said=2)):
        v = s.hung(5, look)
        assert v.kind == tap.INFRA and not v.results


def test_boot_ends_in_a_fatal_error():
    s = tap.Stream(TOKEN, lambda: 0.0)
    s.feed(b"fatal error: armv7m_boot: fewer than 3 priority bits\n\n"
           b"gzero: exit 2\n")
    v = s.ended(s.status)
    assert v.kind == tap.DONE and v.results[0].outcome == tap.FAIL


def test_ended_and_nobody_to_ask():
    """A crash of a program that took the board with it (semihosting)."""
    crash = ["=panic: out of luck"]
    two = HEAD + ["ok 1 - Chan", "ok 2 - Select6"]
    for lines, why in (
            (two + crash, None), (HEAD + ["ok 2 - Select6"] + crash, "missing"),
            (HEAD + ["ok 1 - Chan", "ok 1 - Chan"] + crash, "missing"),
            (two[:4] + ["=ok 2 - Selec *12345678"] + crash, "garbage"),
            (two + ["=a test's own line\x01"] + crash, "garbage")):
        s = tap.Stream(TOKEN, lambda: 0.0)
        s.feed(say(lines))
        v = s.ended(2)
        if why is None:
            assert outcomes(v) == [tap.PASS, tap.PASS, tap.FAIL]
        else:
            assert v.kind == tap.INFRA and why in v.why and not v.results
