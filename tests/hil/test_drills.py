"""Failure drills: something is wrong with the bench, and the verdict says so. A
test of the board's has then neither passed nor failed."""

import multiprocessing
import os
import re

import bench
import faults
import pytest
import tap

WATCHDOG = 4
REAL = tap.Stream
BEGUN = rb"1\.\.\d+ \*[0-9a-f]{8}\r?\n"


def drill(machine, image, wrong=None, words="table=drill run=Pass",
          watchdog=WATCHDOG):
    env = os.path.join("boards", machine.board, "hil.yaml")
    b = bench.Bench(env, "qemu", machine, wrong)
    verdict, stream = b.run(image, words, watchdog)
    print(verdict.kind, verdict.why, [(r.name, r.outcome, r.why)
                                      for r in verdict.results])
    print(bytes(stream.raw) if stream else "no stream")
    return verdict


def infra(verdict, why):
    assert verdict.kind == tap.INFRA and not verdict.results
    assert re.search(why, verdict.why), verdict.why


def outcomes(verdict):
    assert verdict.kind == tap.DONE, verdict.why
    return [(r.name, r.outcome) for r in verdict.results]


ALL = [("Pass" + c, tap.PASS) for c in "ABCDEF"]


# ---- Nothing is wrong with the bench ------------------------------------------


def test_all_pass(machine, image):
    assert outcomes(drill(machine, image)) == ALL


def test_one_fails(machine, image):
    v = drill(machine, image, words="table=drill run=Fail")
    assert outcomes(v) == [("FailA", tap.PASS), ("FailB", tap.FAIL),
                           ("FailC", tap.PASS)]
    assert v.results[1].why.endswith("1 + 1 is 2, not 3")


def test_one_hangs(machine, image):
    """The probe finds the board at work in that test: the test has failed."""
    v = drill(machine, image, words="table=drill run=Hang")
    assert outcomes(v) == [("HangA", tap.PASS), ("HangB", tap.FAIL)]
    assert "hangs" in v.results[1].why and "TestHang" in v.results[1].why
    assert v.unrun == 1


def test_one_ends_the_machine(machine, image):
    v = drill(machine, image, words="table=drill run=Crash")
    assert [o for _, o in outcomes(v)] == [tap.PASS, tap.FAIL]
    assert "panic: a drill" in v.results[1].why and v.unrun == 1


def test_no_such_test(machine, image):
    v = drill(machine, image, words="table=drill run=Nobody")
    assert outcomes(v) == [("plan", tap.FAIL)]


@pytest.mark.parametrize("greeting", [
    b"\xff\xfe\x00\x80", b"U-Boot SPL\r\nok 9 - Old *00000000\r\n",
    b"ok 1 - half a li", b"\x00" * 500], ids=range(4))
def test_garbage_before_the_first_line(machine, image, greeting):
    v = drill(machine, image, faults.Greeting(greeting))
    assert outcomes(v) == ALL


# ---- The console ----------------------------------------------------------------


def test_silent(machine, image):
    infra(drill(machine, image, faults.Silent()), "^silent: not a byte")


def test_silent_while_it_runs(machine, image):
    infra(drill(machine, image, faults.Silent(), "table=drill run=Hang"),
          "silent: not a byte")


def test_console_dies(machine, image):
    """The board goes on and hangs; but more was said than heard."""
    infra(drill(machine, image, faults.Silent(BEGUN), "table=drill run=Hang"),
          "console is dead")


@pytest.mark.parametrize("seed", range(1, 5))
def test_noise(machine, image, seed):
    wrong = faults.Noise(seed, 2, BEGUN)
    infra(drill(machine, image, wrong), "garbage|missing|contradicts")
    assert wrong.flipped


def test_only_noise(machine, image):
    infra(drill(machine, image, faults.Noise(1, 100)), "garbage on the line")


@pytest.mark.parametrize("seed", range(1, 4))
def test_dropped_bytes(machine, image, seed):
    wrong = faults.Dropped(seed, 3, BEGUN)
    infra(drill(machine, image, wrong), "garbage|missing|contradicts")
    assert wrong.flipped


@pytest.mark.parametrize("old, new, run", [
    (b"not ok 2", b"ok 2", "Fail"),         # a failure would pass
    (b"\nok 2", b"\nnot ok 2", "Pass"),     # a pass would fail
    (b" *", b"", "Pass"),                   # no checksums any more
], ids=range(3))
def test_a_line_rewritten(machine, image, old, new, run):
    infra(drill(machine, image, faults.Rewritten(old, new),
                "table=drill run=" + run), "garbage|missing|something else")


@pytest.mark.parametrize("lost", [
    rb"ok 3 - PassC \*[0-9a-f]{8}\n", rb"# hil=[^\n]*\n"], ids=range(2))
def test_a_line_lost(machine, image, lost):
    class Lost(faults.Rewritten):
        def console(self, data):
            return re.sub(lost, b"", super().console(data))

    infra(drill(machine, image, Lost(b"", b"")),
          "missing|something else speaks")


# ---- The board ------------------------------------------------------------------


def test_reset_in_the_middle(machine, image):
    infra(drill(machine, image, faults.Reset(rb"ok 1 - HangA [^\n]*\n"),
                "table=drill run=Hang"), "started again in test 2, behind HangA")


def test_power_lost(machine, image):
    infra(drill(machine, image, faults.PowerCut(rb"ok 1 - HangA [^\n]*\n"),
                "table=drill run=Hang"), "power lost")


def test_wrong_core(machine, image):
    machine.values["args"] = re.sub(r"-M mps2-an\d+", "-M mps2-an%d" % (
        386 if machine.board == "mps2-an385" else 385),
        machine.values["args"])
    machine.values["core"] = machine.values["core"] or "Cortex-M3"
    infra(drill(machine, image), "wrong board: its core is 0xc240, not 0xc230")


def test_wrong_chip(machine, image):
    # MPS2's SCC_ID tells the boards apart whose cores are the same.
    machine.values.update(chip_id="0x41043999", chip_id_addr="0x4002fffc",
                          chip_id_mask="0xffffffff")
    infra(drill(machine, image), "wrong board: its chip is 0x41043[0-9]{3}")


def test_another_image_runs(machine, image, monkeypatch):
    """The load is believed to have worked, and what runs was there before."""
    monkeypatch.setattr(bench.tap, "Stream",
                        lambda token, clock: REAL("00000000", clock))
    infra(drill(machine, image), "another image runs")


# ---- The probe --------------------------------------------------------------------


def test_flash_verify(machine, image):
    wrong = faults.Flash()
    infra(drill(machine, image, wrong), "flash verify failed: \\.")
    assert wrong.done


def test_probe_lost_in_the_load(machine, image):
    infra(drill(machine, image, faults.ProbeLost(b"$X")), "probe is lost")


def test_probe_lost_later(machine, image):
    """A test hangs or the board is dead: without a probe nobody can tell."""
    infra(drill(machine, image, faults.ProbeLost(when=b"HangA"),
                "table=drill run=Hang"), "and the probe: ")


def test_probe_lost_but_not_needed(machine, image):
    v = drill(machine, image, faults.ProbeLost(when=b"PassA"))
    assert outcomes(v) == ALL


def test_no_board(machine, image):
    machine.values["args"] += " -M no-such-machine"
    infra(drill(machine, image), "no board|power lost|probe is lost")


# ---- Two jobs ----------------------------------------------------------------------


def hold(folder, ready, done):
    lock = bench.Lock("a place", "another job", folder)
    lock.take()
    ready.set()
    done.wait(60)


def test_two_jobs(tmp_path):
    context = multiprocessing.get_context("fork")
    ready, done = context.Event(), context.Event()
    other = context.Process(target=hold, args=(str(tmp_path), ready, done))
    other.start()
    assert ready.wait(60)
    lock = bench.Lock("a place", "this job", str(tmp_path))
    with pytest.raises(bench.Trouble,
                       match="two jobs.*pid %d, .*another job" % other.pid):
        lock.take()
    other.kill()  # a job that dies holds nothing
    other.join()
    lock.take()
    lock.drop()
