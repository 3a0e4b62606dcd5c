"""board.py is a board as the build knows it."""

import os
import shlex
import subprocess
import sys

from trouble import Trouble

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                             os.pardir))
import run as runner  # noqa: E402  (tools/run.py)


class Board:
    """A board as the build knows it."""

    def __init__(self, make, build, name):
        self.name, self.build = name, build
        self.words = shlex.split(make) + ["--no-print-directory", "-s",
                                          "BUILD=" + build, "BOARD=" + name]
        p = self.make("print-machine")
        if p.returncode:
            raise Trouble(p.stdout.decode(errors="replace").strip())
        path = p.stdout.decode().split()[-1]
        self.folder = os.path.dirname(path)
        self.machine = runner.Machine(path)
        self.values = self.machine.values

    def make(self, *goals):
        return subprocess.run(self.words + list(goals),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)

    def image(self, app, prepared=False):
        path = os.path.join(self.folder, "app", app, "image.elf")
        if not (prepared and os.path.exists(path)):
            for goal in (["newlib"], ["image", "APP=" + app]):
                p = self.make(*goal)
                if p.returncode:
                    raise Trouble("%s does not build for %s:\n%s" % (
                        app, self.name, p.stdout.decode(errors="replace")))
        return path
