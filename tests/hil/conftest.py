"""Drills and other tests of the bench: make test ONLY=hil/.

Each drill runs boards' own images on the stand-in (tools/hil/standin.py) with
something wrong on the way, and asserts the verdict. --board names the board, with
--machine and --image as the build made them.
"""

import os
import sys

import pytest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path[:0] = [os.path.join(ROOT, "tools"), os.path.join(ROOT, "tools", "hil")]


def pytest_addoption(parser):
    parser.addoption("--board", default="mps2-an385")
    parser.addoption("--machine", default="")
    parser.addoption("--image", default="")
    parser.addoption("--make", default="make")
    parser.addoption("--build", default="build")


@pytest.fixture
def machine(request):
    import run
    path = request.config.getoption("--machine") or os.path.join(
        ROOT, request.config.getoption("--build"),
        request.config.getoption("--board"), "machine")
    return run.Machine(path)


@pytest.fixture
def image(request, machine):
    return request.config.getoption("--image") or os.path.join(
        ROOT, request.config.getoption("--build"), machine.board, "app",
        machine.values["tests"], "image.elf")
