"""What flashes and watches a board, as far as it goes without one: the tools' own
words where nothing is plugged in, OpenOCD's configurations, and everything that is
decided here. What needs hardware is not tested: a probe's and a chip's answers are
those of the tools' sources and documentation (trouble.READ)."""

import errno
import glob
import os
import pty
import re
import subprocess
import threading
import types

import bench
import flash
import gzlab
import monitor
import pytest
import serial
import trouble
import yaml

BOARDS = sorted(os.path.basename(os.path.dirname(p))
                for p in glob.glob("boards/*/board.mk"))
PINNED = re.compile(r"[\w./-]+@(v\d+\.\d+\.\d+|[0-9a-f]{40})$")


def settings(board):
    """The plain assignments of a board.mk."""
    with open("boards/%s/board.mk" % board) as f:
        return {m.group(1).lower(): m.group(2).strip() for m in re.finditer(
            r"^([A-Z_]+) *=([^\n\\]*)$", f.read(), re.M)}


def said_by(*words):
    p = subprocess.run(words, stdin=subprocess.DEVNULL, timeout=60,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return p.stdout.decode(errors="replace")


# ---- What the tools say where nothing is plugged in ---------------------------


@pytest.mark.parametrize("words, means", [
    (["openocd", "-f", "board/stm32vldiscovery.cfg", "-c", "init"],
     trouble.NO_PROBE),
    (["openocd", "-f", "interface/cmsis-dap.cfg", "-f", "target/nrf52.cfg",
      "-c", "init"], trouble.NO_PROBE),
    (["openocd", "-f", "interface/jlink.cfg", "-c", "transport select swd",
      "-f", "target/nrf52.cfg", "-c", "init"], trouble.NO_PROBE),
    (["openocd", "-f", "board/nonesuch.cfg"],
     "openocd has no board/nonesuch.cfg"),
    (["openocd", "-c", "nonesuch"], "openocd does not know nonesuch"),
    (["pyocd-flashtool", "-t", "stm32f103rc", "-a", "0x08000000", "/dev/null",
      "bin"], trouble.NO_PROBE),
    (["pyocd-flashtool", "-l"], trouble.NO_PROBE),
    (["pyocd-flashtool", "-t", "nonesuch", "-a", "0x08000000", "/dev/null",
      "bin"], "pyocd does not know the chip nonesuch"),
    (["st-flash", "--reset", "write", "/etc/hostname", "0x08000000"],
     trouble.NO_PROBE),
    (["st-info", "--probe"], trouble.NO_PROBE),
    (["dfu-util", "-a", "0", "-d", flash.DFU, "-D", "/etc/hostname"],
     "no board in DFU mode: hold BOOT0, press reset (dfu-util -l)"),
], ids=lambda w: w[0] if isinstance(w, list) else "")
def test_nothing_plugged_in(words, means):
    tool = {"pyocd-flashtool": "pyocd", "st-info": "st-flash"}.get(
        words[0], words[0])
    said = said_by(*words)
    assert trouble.recognise(tool, said) == means, said


@pytest.mark.parametrize("tool, said, means", [
    ("openocd", "Error: libusb_open() failed with LIBUSB_ERROR_ACCESS\n"
     "Error: open failed\n", trouble.NO_RIGHTS),
    ("openocd", "Error: unable to claim interface\nError: open failed\n",
     trouble.BUSY),
    ("openocd", "Error: init mode failed (unable to connect to the target)\n",
     trouble.NO_CHIP),
    ("openocd", "** Programming Finished **\n** Verify Started **\n"
     "Error: checksum mismatch - attempting binary compare\n"
     "** Verify Failed **\n", trouble.VERIFY),
    ("openocd", "Error: no flash bank found for address 0x90000000\n",
     "the image does not fit the flash"),
    ("st-flash", "LIBUSB_ERROR_ACCESS\n", trouble.NO_RIGHTS),
    ("dfu-util", "dfu-util: Cannot open DFU device 0483:df11 found on devnum 5 "
     "(LIBUSB_ERROR_ACCESS)\n", trouble.NO_RIGHTS),
    ("pyocd", "usb.core.USBError: [Errno 13] Access denied (insufficient "
     "permissions)\n", trouble.NO_RIGHTS),
])
def test_read_messages(tool, said, means):
    assert trouble.recognise(tool, said) == means


# ---- OpenOCD's configurations -----------------------------------------------------


WITH_OPENOCD = [b for b in BOARDS if settings(b).get("openocd_cfg")]


@pytest.mark.parametrize("board", WITH_OPENOCD)
def test_openocd_knows_the_board(board):
    """Read without a probe: the core is of that kind, its flash where ours is."""
    v = settings(board)
    words = []
    for w in (v.get("openocd_adapter", "") + " " + v["openocd_cfg"]).split():
        words += ["-f", w]
    said = said_by("openocd", *words, "-c", "flash list", "-c", "echo \"type: "
                   "[[target current] cget -type]\"", "-c", "shutdown")
    kind = re.search(r"^type: (\w+)$", said, re.M)
    assert kind, said
    assert kind.group(1) in (("riscv",) if v["arch"] == "riscv64" else
                             ("cortex_m", "hla_target"))
    banks = re.findall(r"\{name (\S+) driver (\S+) base (\d+) size (\d+)", said)
    # A base of 0 is found out by the driver: for STM32 that is 0x08000000.
    bases = [int(b) or (0x08000000 if d.startswith("stm32") else 0)
             for _, d, b, _ in banks]
    assert int(v["flash_origin"], 0) in bases, banks
    for _, driver, base, size in banks:
        if int(size) and int(base) == int(v["flash_origin"], 0):
            assert int(v["flash_size"], 0) <= int(size)


VALUES = {"board": "b", "openocd_cfg": "tests/hil/dummy.cfg",
          "chip_id": "0x20036410", "chip_id_addr": "0xe0042000",
          "chip_id_mask": "0xfff", "flash_origin": "0x08000000",
          "flash_size": "0x20000", "flash_tools": "openocd st-flash",
          "flash_with": "openocd", "pyocd_target": "stm32f103rc"}
# OpenOCD's own words for what needs a chip, so that the rest can be run.
MOCK = ["proc init {} {}", "proc reset {how} {echo \"reset $how\"}",
        "proc read_memory {a width n} {echo \"read $a\"; return %s}",
        "proc program {f args} {echo \"program $f $args\"; "
        "echo {** Verified OK **}; shutdown}"]


@pytest.mark.parametrize("chip, right", [("0x20036410", True),
                                         ("0x10016410", True),
                                         ("0x10036420", False)])
def test_openocd_command_line(chip, right):
    """The whole of it, in OpenOCD: the chip is asked before flash is touched."""
    words = flash.openocd(VALUES, "/tmp/image.elf")
    at = words.index("-c")
    for m in MOCK:
        words[at:at] = ["-c", m % chip if "%s" in m else m]
        at += 2
    said = said_by(*words)
    assert "reset halt" in said and "read 0xe0042000" in said
    assert ("program /tmp/image.elf verify reset exit" in said) == right
    if not right:
        assert trouble.recognise("openocd", said) == \
            "wrong chip: its id is 0x420, not 0x410"


def server(config):
    machine = types.SimpleNamespace(values={})
    probe = types.SimpleNamespace(config=config, serial="", commands=[])
    d = gzlab.OpenOcdDriver.__new__(gzlab.OpenOcdDriver)
    d.probe, d.machine, d.timeout = probe, machine, 20.0
    return d


def test_openocd_as_the_server():
    """Started, found by its port, and its end noticed."""
    d = server("tests/hil/dummy.cfg")
    d.start("")
    assert re.match(r"127\.0\.0\.1:\d+$", d.address) and d.gone() is None
    d.proc.kill()
    d.proc.wait()
    assert "probe is lost" in d.gone()[1]
    d.stop()


def test_openocd_server_without_a_probe():
    with pytest.raises(trouble.Trouble, match="no probe"):
        server("board/stm32vldiscovery.cfg").start("")


def test_pyocd_knows_the_chips():
    names = said_by("pyocd-flashtool", "--help").replace("\n", " ")
    for b in BOARDS:
        target = settings(b).get("pyocd_target")
        assert not target or re.search(r"\b%s\b" % target, names), b


# ---- make flash ----------------------------------------------------------------------


def elf(path, *parts):
    """A small ELF image with these (address, bytes)."""
    import struct
    head = b"\x7fELF\x01\x01\x01" + bytes(9) + struct.pack(
        "<HHIIIIIHHHHHH", 2, 40, 1, 0, 52, 0, 0, 52, 32, len(parts), 0, 0, 0)
    at, table, body = 52 + 32 * len(parts), b"", b""
    for where, data in parts:
        table += struct.pack("<IIIIIIII", 1, at + len(body), where, where,
                             len(data), len(data), 5, 4)
        body += data
    path.write_bytes(head + table + body)
    return str(path)


def test_does_not_fit(tmp_path):
    for where, n in ((0x0801ffff, 2), (0x20000000, 4), (0x07ffffff, 1)):
        parts = flash.segments(elf(tmp_path / "a", (0x08000000, b"code"),
                                   (where, bytes(n))))
        with pytest.raises(trouble.Trouble, match="does not fit"):
            flash.must_fit(parts, VALUES)
    parts = flash.segments(elf(tmp_path / "b", (0x08000000, b"code"),
                               (0x0801fffe, b"ab")))
    assert flash.must_fit(parts, VALUES) == 6
    low, data = flash.binary(parts)
    assert low == 0x08000000 and len(data) == 0x20000
    assert data[:6] == b"code\xff\xff" and data[-2:] == b"ab"


def test_which_tool():
    assert flash.choose(VALUES, "") == "openocd"
    assert flash.choose(VALUES, "st-flash") == "st-flash"
    for values, word, means in (
            (VALUES, "pyocd", "does not know b; what does: openocd st-flash"),
            (VALUES, "hammer", "is not one of"),
            ({"board": "q"}, "", "QEMU only")):
        with pytest.raises(trouble.Trouble, match=means):
            flash.choose(values, word)


class Tool:
    """A tool that says and does what it is told."""

    def __init__(self, folder, *answers):
        self.answers, self.words, self.folder = list(answers), [], folder

    def __call__(self, words):
        self.words.append(words)
        status, said, back = self.answers.pop(0)
        if back is not None:
            (self.folder / "back.bin").write_bytes(back)
        return status, said


DATA = bytes(range(64))
LISTED = (0, "#  Probe  Unique ID\n0  a probe  0001\n", None)
NONE = "No available debug probes are connected\n"
PARTS = [(0x08000000, DATA)]


def flasher(folder, *answers):
    tool = Tool(folder, *answers)
    return flash.Flasher(VALUES, str(folder), tool), tool


def test_pyocd_reads_back(tmp_path):
    id_ = (0, "e0042000:  10016410    |....|\n", None)
    f, tool = flasher(tmp_path, LISTED, id_, (0, "", None), (0, "", DATA), (0, "", None))
    f.pyocd("x", PARTS)
    assert [w[0] for w in tool.words[1:]] == ["pyocd-tool", "pyocd-flashtool",
                                          "pyocd-tool", "pyocd-tool"]
    f, _ = flasher(tmp_path, LISTED, id_, (0, "", None),
                   (0, "", DATA[:9] + b"x" + DATA[10:]))
    with pytest.raises(trouble.Trouble, match="verify failed: .* byte 0x9"):
        f.pyocd("x", PARTS)
    f, tool = flasher(tmp_path, LISTED, (0, "e0042000:  10016420    |....|\n", None))
    with pytest.raises(trouble.Trouble, match="wrong chip: its id is 0x420"):
        f.pyocd("x", PARTS)
    assert len(tool.words) == 2  # nothing was erased
    f, tool = flasher(tmp_path, (0, NONE, None))
    with pytest.raises(trouble.Trouble, match="no probe"):
        f.pyocd("x", PARTS)


def test_dfu_reads_back(tmp_path):
    f, tool = flasher(tmp_path, (0, "", None), (0, "", DATA))
    f.dfu_util("x", PARTS)
    assert tool.words[1][-3:-1] == ["0x8000000:64:leave", "-U"]
    f, _ = flasher(tmp_path, (0, "", None), (0, "", DATA[:63]))
    with pytest.raises(trouble.Trouble, match="verify failed"):
        f.dfu_util("x", PARTS)


def test_st_flash(tmp_path):
    good = "2026 INFO common.c: Flash written and verified! jolly good!\n"
    probe = (0, "Found 1 stlink programmers\n", None)
    f, _ = flasher(tmp_path, probe, (0, "0x410\n", None), (0, good, None))
    f.st_flash("x", PARTS)
    f, _ = flasher(tmp_path, probe, (0, "0x410\n", None),
                   (0, "no such words\n", None))
    with pytest.raises(trouble.Trouble, match="st-flash failed"):
        f.st_flash("x", PARTS)
    f, tool = flasher(tmp_path, probe, (0, "0x420\n", None))
    with pytest.raises(trouble.Trouble, match="wrong chip"):
        f.st_flash("x", PARTS)
    assert len(tool.words) == 2  # nothing was erased
    f, tool = flasher(tmp_path, (0, "Found 0 stlink programmers\n", None))
    with pytest.raises(trouble.Trouble, match="no probe"):
        f.st_flash("x", PARTS)


def test_tool_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(trouble.Trouble, match="openocd is missing"):
        flash.Flasher(VALUES, str(tmp_path)).openocd("x", PARTS)


# ---- make monitor ----------------------------------------------------------------------


def port(device, vid=None, pid=None, number=None):
    return types.SimpleNamespace(device=device, vid=vid, pid=pid,
                                 serial_number=number, description="a port")


def test_which_port():
    mine = port("/dev/ttyACM0", 0x0483, 0x374b, "066A")
    twin = port("/dev/ttyACM1", 0x0483, 0x374b, "066B")
    other = port("/dev/ttyUSB0", 0x1a86, 0x7523)
    built_in = port("/dev/ttyS0")
    assert monitor.find([built_in, other, mine], "0483:374B") == mine.device
    assert monitor.find([built_in, other], "0483:374b") == other.device
    with pytest.raises(trouble.Trouble, match="several.*066A.*066B"):
        monitor.find([mine, other, twin], "0483:374b")
    with pytest.raises(trouble.Trouble, match="no serial port"):
        monitor.find([built_in], "0483:374b")


def test_port_does_not_open(monkeypatch):
    with pytest.raises(trouble.Trouble, match="no such port"):
        monitor.connect("/dev/nonesuch", 115200)
    master, slave = pty.openpty()
    first = monitor.connect(os.ttyname(slave), 115200)
    with pytest.raises(trouble.Trouble, match="busy"):
        monitor.connect(os.ttyname(slave), 115200)
    first.close()

    def refuse(*_, **__):  # root may open everything
        raise serial.SerialException(errno.EACCES, "Permission denied")

    monkeypatch.setattr(monitor.serial, "Serial", refuse)
    with pytest.raises(trouble.Trouble, match="no permission.*dialout"):
        monitor.connect("/dev/ttyACM0", 115200)
    os.close(master)
    os.close(slave)


def test_monitor_shows_and_types():
    master, slave = pty.openpty()
    console = monitor.connect(os.ttyname(slave), 115200)
    keys, typed = os.pipe()
    shown, screen = os.pipe()
    t = threading.Thread(target=monitor.show, args=(console, keys, screen))
    t.start()
    os.write(master, b"gzero\r\n")
    assert os.read(shown, 100) == b"gzero\r\n"
    os.write(typed, b"ls")
    assert os.read(master, 100) == b"ls"
    os.write(typed, b"\x1d")
    t.join(20)
    assert not t.is_alive()


# ---- Files -----------------------------------------------------------------------------


@pytest.mark.parametrize("board", [b for b in BOARDS if os.path.exists(
    "boards/%s/hil.yaml" % b)])
def test_environment(board):
    with open("boards/%s/hil.yaml" % board) as f:
        env = yaml.safe_load(f)
    v = settings(board)
    assert set(env["targets"]) <= {"main", "qemu"}
    assert ("qemu" in env["targets"]) == (v.get("checked") == "qemu")
    if "qemu" in env["targets"]:
        assert env["targets"]["qemu"]["resources"]["StandInMachine"][
            "board"] == board
    if "main" in env["targets"]:
        assert env["options"]["place"] == board and v.get("openocd_cfg")
        speed = env["targets"]["main"]["resources"]["RawSerialPort"]["speed"]
        assert speed == int(v["baud"])


def test_every_board_with_a_probe_has_a_bench():
    for b in WITH_OPENOCD:
        assert os.path.exists("boards/%s/hil.yaml" % b), b


@pytest.mark.parametrize("path", sorted(
    glob.glob(".github/workflows/*.yml")) or ["none"])
def test_workflow(path):
    with open(path) as f:
        flow = yaml.safe_load(f)
    assert {"name", True, "jobs"} <= set(flow)  # YAML takes `on' for true
    for name, job in flow["jobs"].items():
        assert job["runs-on"] and int(job["timeout-minutes"]) > 0, name
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            if "uses" in step:
                assert PINNED.match(step["uses"]), step["uses"]
            for word in re.findall(r"^\s*make ([a-z-]+)", step.get("run", ""),
                                   re.M):
                with open("Makefile") as f:
                    assert re.search(r"^(.* )?%s\b[^=\n]*:" % word, f.read(),
                                     re.M), word


def test_locks_are_for_all_users(tmp_path):
    lock = bench.Lock("x/y z", "me", str(tmp_path))
    lock.take()
    name, = os.listdir(tmp_path)
    assert name == "gzero-hil-x_y_z.lock"
    assert os.stat(tmp_path / name).st_mode & 0o777 == 0o666
    assert "pid %d" % os.getpid() in (tmp_path / name).read_text()
    lock.drop()
