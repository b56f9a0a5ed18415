"""`make service-test`: the service under a real systemd, which is process 1 of namespaces of its own.

`make install-service`, start, watchdog, `kill -9`, an update that is rolled back, stop, two instances; on a copy of
this system that is gone afterwards. Not part of `make test`: it needs root, systemd, the package registry and
three minutes.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SYSTEMD = Path("/lib/systemd/systemd")
SERVICE, UPDATE = "edge-classify", "edge-classify-update"
SETTINGS = Path("/etc/edge-classify")
STATE = "/var/lib/private/{}/models/state.json"
CONFIG = 'source = "demo-video"\nduration = 100000.0\nstore = true\n'
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"  # the system's Python: the service may not look into anybody's home
# What the unit's top says of a page, for all instances.
NETWORK = "[Service]\nPrivateNetwork=no\nRestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\nIPAddressDeny=\n"
START_S, RESTART_S, WATCHDOG_S, STOP_S = 60.0, 30.0, 60.0, 5.0


class Machine:
    """Namespaces with a systemd in them."""

    def __init__(self, folder: Path) -> None:
        script = Path(__file__).with_suffix(".sh")
        flags = ("--mount", "--pid", "--fork", "--uts", "--ipc", "--cgroup", "--kill-child")
        self._process = subprocess.Popen(
            ["unshare", *flags, "bash", str(script), str(folder)], stdout=subprocess.DEVNULL
        )

    def run(self, *command: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command inside."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        enter = ["nsenter", "--target", children[0], "--mount", "--pid", "--uts", "--ipc", "--cgroup"]
        return subprocess.run([*enter, *command], input=text, capture_output=True, text=True, check=False, cwd="/")

    def show(self, name: str, unit: str = SERVICE) -> str:
        """A property of a unit."""
        return self.run("systemctl", "show", "--property", name, "--value", unit).stdout.strip()

    def write(self, path: Path, text: str) -> None:
        """Write a file inside."""
        self.run("mkdir", "--parents", str(path.parent))
        self.run("tee", str(path), text=text)

    def close(self) -> None:
        """Forget all of it."""
        self._process.kill()
        self._process.wait()


def main() -> int:
    """Do it; exit code 0: all was well, 1: not, 2: something is missing."""
    if os.geteuid() or not SYSTEMD.exists() or shutil.which("unshare") is None:
        print("make service-test needs root, systemd and unshare", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(Path(folder))
        try:
            failed = 0
            for what, is_well in checks(machine):
                print(f"{'ok' if is_well else 'FAILED':8}{what}", flush=True)
                failed += not is_well
        finally:
            machine.close()
    return int(bool(failed))


def checks(machine: Machine) -> Iterator[tuple[str, bool]]:
    """Each thing that is to happen, and whether it did."""
    up = waited(
        lambda: machine.run("systemctl", "is-system-running").stdout.strip() in ("running", "degraded"), START_S
    )
    yield "systemd is up", up is not None
    made = machine.run("env", f"PATH={PATH}", "make", "-C", str(ROOT), "install-service", "EXTRAS=web")
    yield "make install-service", made.returncode == 0
    if made.returncode:
        print(f"{made.stderr.strip()}\n(the project may not lie in /tmp, where systemd has a folder of its own)")
        return
    machine.run("systemctl", "daemon-reload")
    yield "without a camera it says so and is tried again", not_started(machine)
    machine.write(SETTINGS / "config.toml", CONFIG)
    machine.run("systemctl", "reset-failed", SERVICE)
    yield "it is started once it has classified", machine.run("systemctl", "restart", SERVICE).returncode == 0
    yield f"its status tells the answer: {machine.show('StatusText')[:30]}", bool(machine.show("StatusText"))
    yield from restarts(machine)
    yield from about_an_update(machine)
    started = time.monotonic()
    machine.run("systemctl", "stop", SERVICE)
    took_s = time.monotonic() - started
    ended_well = (machine.show("Result"), machine.show("ExecMainStatus")) == ("success", "0")
    yield f"stopped in {took_s:.1f} s, exit code {machine.show('ExecMainStatus')}", ended_well and took_s < STOP_S
    yield from instances(machine)


def not_started(machine: Machine) -> bool:
    """Return whether a start without a camera fails; where a camera is, this can't be seen."""
    if Path("/dev/video0").exists():
        return True
    machine.run("systemctl", "start", SERVICE)
    said = machine.run("journalctl", "--unit", SERVICE, "--no-pager", "--output", "cat").stdout
    return "error: can't open camera 0" in said and machine.show("SubState") == "auto-restart"


def restarts(machine: Machine) -> Iterator[tuple[str, bool]]:
    """A process that hangs, and one that is killed."""
    for what, signal, limit_s in (
        ("hangs: the watchdog", "STOP", WATCHDOG_S),
        ("is killed: systemd", "KILL", RESTART_S),
    ):
        before = int(machine.show("NRestarts"))
        machine.run("systemctl", "kill", "--kill-whom=main", f"--signal={signal}", SERVICE)
        took_s = waited(lambda: int(machine.show("NRestarts")) > before and is_active(machine), limit_s)  # noqa: B023
        yield f"it {what} starts it again, after {took_s or limit_s:.0f} s", took_s is not None


def about_an_update(machine: Machine) -> Iterator[tuple[str, bool]]:
    """A model is installed by the update's own unit; killed within its minute, it is rolled back."""
    write_model(machine)
    machine.write(SETTINGS / "update", "ARGUMENTS=/srv/new.tflite\n")
    yield "the update's unit installs a model", machine.run("systemctl", "start", UPDATE).returncode == 0
    running = waited(lambda: is_active(machine) and bool((state(machine).get("trial") or {}).get("starts")), RESTART_S)
    yield "the service runs it, on trial", running is not None
    machine.run("systemctl", "kill", "--kill-whom=main", "--signal=KILL", SERVICE)
    back = waited(lambda: bool(state(machine).get("rolled_back")) and is_active(machine), RESTART_S)
    yield "killed within its minute, it is rolled back", back is not None and state(machine)["current"] is None


def write_model(machine: Machine) -> None:
    """Write /srv/new.tflite, another file than the built-in one and as good as it."""
    from edge.artifact.file import LABELS_MEMBER, default_model

    model = default_model().read_bytes().replace(LABELS_MEMBER.encode(), b"LABELS.txt")
    machine.run("python3", "-c", "import sys; open('/srv/new.tflite', 'wb').write(bytes.fromhex(sys.stdin.read()))",
                text=model.hex())  # fmt: skip


def instances(machine: Machine) -> Iterator[tuple[str, bool]]:
    """Two cameras on one board: ports, state folders and models of their own; a third on a port that is taken."""
    ports = {"left": free_port(), "right": free_port()}
    ports["twin"] = ports["left"]
    machine.write(Path(f"/etc/systemd/system/{SERVICE}@.service.d/network.conf"), NETWORK)
    for name, port in ports.items():
        machine.write(SETTINGS / f"{name}.toml", f'{CONFIG}serve = "127.0.0.1:{port}"\n')
    machine.run("systemctl", "daemon-reload")
    started = [machine.run("systemctl", "start", f"{SERVICE}@{name}").returncode for name in ("left", "right")]
    yield "two instances are started", started == [0, 0]
    live = [waited(lambda: is_live(machine, ports[name]), RESTART_S) for name in ("left", "right")]  # noqa: B023
    yield f"each answers on its port: {ports['left']}, {ports['right']}", None not in live
    folders = [machine.show("StateDirectory", f"{SERVICE}@{name}") for name in ("left", "right")]
    yield f"each has its folder: {', '.join(folders)}", folders == [f"{SERVICE}-left", f"{SERVICE}-right"]
    machine.run("systemctl", "start", f"{SERVICE}@twin")
    said = machine.run("journalctl", "--unit", f"{SERVICE}@twin", "--no-pager", "--output", "cat").stdout
    lines = [line for line in said.splitlines() if line.startswith("error: ")]
    refused = bool(lines) and all(f"127.0.0.1:{ports['left']}" in line for line in lines) and "Traceback" not in said
    yield f"a third on the first one's port says so: {lines[0] if lines else 'nothing'}", refused
    machine.run("systemctl", "stop", f"{SERVICE}@twin")
    yield "and the first one goes on", is_live(machine, ports["left"])
    machine.write(SETTINGS / "left.update", "ARGUMENTS=/srv/new.tflite\n")
    before = machine.show("MainPID", f"{SERVICE}@right")
    updated = machine.run("systemctl", "start", f"{UPDATE}@left").returncode == 0
    yield "one of them is updated", updated and bool(state(machine, f"{SERVICE}-left").get("current"))
    running = waited(lambda: bool((state(machine, f"{SERVICE}-left").get("trial") or {}).get("starts")), RESTART_S)
    yield "it was started again, and tries the model", running is not None
    is_untouched = machine.show("MainPID", f"{SERVICE}@right") == before and not state(machine, f"{SERVICE}-right")
    yield "the other one went on, and has its own model", is_untouched
    machine.run("systemctl", "stop", f"{SERVICE}@left", f"{SERVICE}@right")


def free_port() -> int:
    """Return a port that is free now; the machine shares this one's network."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def is_live(machine: Machine, port: int) -> bool:
    """Return whether the page at a port says that frames are classified."""
    program = f"import urllib.request; urllib.request.urlopen('http://127.0.0.1:{port}/healthz')"
    return machine.run("python3", "-c", program).returncode == 0


def state(machine: Machine, folder: str = SERVICE) -> dict[str, dict[str, object] | None]:
    """Content of a store's state file."""
    found: dict[str, dict[str, object] | None] = json.loads(machine.run("cat", STATE.format(folder)).stdout or "{}")
    return found


def is_active(machine: Machine) -> bool:
    """Return whether the service is active."""
    return machine.show("ActiveState") == "active"


def waited(is_so: Callable[[], bool], limit_s: float) -> float | None:
    """Seconds until it is so; None: it wasn't."""
    started = time.monotonic()
    while time.monotonic() - started < limit_s:
        try:
            if is_so():
                return time.monotonic() - started
        except (OSError, IndexError, ValueError):  # not up yet
            pass
        time.sleep(0.5)
    return None


if __name__ == "__main__":
    raise SystemExit(main())
