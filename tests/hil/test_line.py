"""Drills for boards that only have a line to say how it ended, `gzero: exit N': those
that exist as hardware. The tests that run are tests/core. They are over in a moment and
none of them hangs, so what must come in the middle of a run (a reset, power that is
lost) is in test_drills.py alone: here it might come too late."""

import os
import re

import bench
import faults
import pytest
import tap

THIRD = rb"ok 3 - [^\n]*\n"
LAST = rb"# (\d+) of \1 passed [^\n]*\n"


@pytest.mark.parametrize("wrong, why", [
    (faults.Silent(THIRD), "the board has ended .*arch_halt"),
    (faults.Silent(LAST), "the board has ended .*arch_halt"),
    (faults.Rewritten(b"gzero: exit 0", b"gzero: exit 1"), "contradicts"),
    (faults.Rewritten(b"gzero: exit", b"gzero: exi"), "garbage"),
    (faults.Flash(), "flash verify failed"),
], ids=["console", "end", "status", "exit", "flash"])
def test_core(machine, image, wrong, why):
    b = bench.Bench(os.path.join("boards", machine.board, "hil.yaml"), "qemu",
                    machine, wrong)
    verdict, _ = b.run(image, "seed=7 gz.seed=7 clock=virtual", 3)
    assert verdict.kind == tap.INFRA and not verdict.results
    assert re.search(why, verdict.why), verdict.why
