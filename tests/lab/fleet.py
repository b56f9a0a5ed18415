"""Fleet on this machine: runners with a fake camera on one broker, and staged updates of their model.

`make fleet-test` writes what happened as JSON. A good model goes to 10, 50 and 100 % of the devices, a bad one to 10 %.
Each device is an `edge-classify` process with a store and a name of its own; what systemd would do, starting it again
after an update or a crash, is done here. It needs mosquitto and a few minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2

from edge.artifact.file import LABELS_MEMBER, default_model, read_artifact
from edge.cli.outputs import output_file
from edge.demo import draw_frame
from edge.system import atomic_file
from edge.update.rollout import device_place
from export import sign
from tests.edge.sinks.mqtt.mosquitto import MOSQUITTO, Broker
from tests.lab.fleet_devices import WAIT_S, Device, Messages

SHARES = (10, 50, 100)
BAD_SHARE = 10
_SEATS = {10: 2, 50: 8, 100: 10}  # devices between each share and the one before
_BAD_SEATS = 2
_UPDATES_AT_ONCE = os.cpu_count() or 1


class Fleet:
    """Devices, their camera, their broker, and the site with models and manifest; a context manager."""

    def __init__(self, folder: Path) -> None:
        self._ending = ExitStack()
        self.site, self.key = folder / "site", folder / "mine"
        self.site.mkdir()
        sign.new_key(self.key)
        self.good, self.bad = (self._model(name) for name in ("good", "bad"))
        frame = draw_frame(3, height=240, width=320).image
        cv2.imwrite(str(self.site / "frame.jpg"), frame)
        self.url = self._serve()
        broker = Broker(folder)
        broker.start()
        self._ending.callback(broker.stop)
        self.messages = Messages(broker.port)
        self._ending.callback(self.messages.close)
        names = chosen_names(self.good, self.bad)
        self.devices = {name: Device(name, folder, f"{self.url}/frame.jpg", broker.port) for name in names}

    def __enter__(self) -> Fleet:
        return self

    def __exit__(self, *_: object) -> None:
        with self._ending:
            for device in self.devices.values():
                device.kill()

    def release(self, model: str, share: float) -> None:
        """Sign the manifest."""
        arguments = [str(self.site / f"{model}.tflite"), "--manifest", str(self.site / "door.json")]
        assert sign.main([*arguments, "--share", f"{share:g}", "--key", f"{self.key}.key"]) == 0

    def update(self) -> dict[str, int]:
        """Let every device ask for the manifest, and start those again that installed a model; return exit codes."""
        source, key = f"{self.url}/door.json", Path(f"{self.key}.pub")
        with ThreadPoolExecutor(_UPDATES_AT_ONCE) as pool:
            done = dict(
                zip(self.devices, pool.map(lambda one: one.update(source, key), self.devices.values()), strict=True)
            )
        for name, outcome in done.items():
            if outcome.returncode == 0 and "self_test" in json.loads(outcome.stdout):
                assert self.devices[name].end() == 0
                self.devices[name].start()
        return {name: outcome.returncode for name, outcome in done.items()}

    def running(self, sha256: str, *, on_trial: bool | None = None) -> set[str]:
        """Names of the devices whose telemetry names a model."""
        return {name for name, message in self.messages.newest.items()
                if message["model_sha256"] == sha256 and on_trial in (None, message["on_trial"])}  # fmt: skip

    def _model(self, name: str) -> str:
        """Write a model that is another file than the built-in one and as good as it; return its digest."""
        path = self.site / f"{name}.tflite"
        member = f"{name:_<{len(LABELS_MEMBER)}}".encode()
        path.write_bytes(default_model().read_bytes().replace(LABELS_MEMBER.encode(), member))
        return read_artifact(path).sha256

    def _serve(self) -> str:
        """Serve the site from a thread; return its address."""
        site = self.site

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                try:
                    content = (site / Path(self.path).name).read_bytes()
                except OSError:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header(
                    "Content-Type", "image/jpeg" if self.path.endswith(".jpg") else "application/octet-stream"
                )
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                with suppress(ConnectionError):  # a device that is ended
                    self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self._ending.callback(server.server_close)
        self._ending.callback(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}"


def chosen_names(good: str, bad: str) -> list[str]:
    """Choose names so that each share is met exactly, and the bad model's first devices aren't the good one's."""
    left, left_bad, names = dict(_SEATS), _BAD_SEATS, []
    number = 0
    while any(left.values()):
        number += 1
        name = f"door-{number:03d}"
        share = next(share for share in SHARES if device_place(name, good) < share)
        is_bad = device_place(name, bad) < BAD_SHARE
        fits = (left_bad > 0 and share != SHARES[0]) if is_bad else sum(left.values()) > left_bad
        if left[share] and fits:
            left[share] -= 1
            left_bad -= is_bad
            names.append(name)
    return names


def trial(fleet: Fleet) -> Iterator[dict[str, Any]]:
    """Do all of it; yield what happened in each step, for the record."""
    everybody = set(fleet.devices)
    for device in fleet.devices.values():
        device.start()
    built_in = read_artifact(default_model()).sha256
    fleet.messages.wait(lambda newest: {name for name, one in newest.items() if one["state"] == "live"} == everybody)
    yield step(fleet, "built-in", built_in, share=0, expected=everybody, codes={})
    for share in SHARES:
        fleet.release("good", share)
        expected = {name for name in everybody if device_place(name, fleet.good) < share}
        codes = fleet.update()
        fleet.messages.wait(partial(_all_run, fleet, fleet.good, expected, None))
        yield step(fleet, "good", fleet.good, share=share, expected=expected, codes=codes)
    fleet.messages.wait(partial(_all_run, fleet, fleet.good, everybody, False))
    yield from bad_model(fleet, everybody)


def bad_model(fleet: Fleet, everybody: set[str]) -> Iterator[dict[str, Any]]:
    """Release a model that passes its self-test and hangs in service, where the watchdog ends it."""
    first = {name for name in everybody if device_place(name, fleet.bad) < BAD_SHARE}
    fleet.release("bad", BAD_SHARE)
    codes = fleet.update()
    fleet.messages.wait(partial(_all_run, fleet, fleet.bad, first, True))
    yield step(fleet, "bad", fleet.bad, share=BAD_SHARE, expected=first, codes=codes)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    served = min(first)
    for name in sorted(first):
        fleet.devices[name].end(signal.SIGABRT)  # as systemd's watchdog
        fleet.devices[name].start(*(("--serve", f"127.0.0.1:{port}") if name == served else ()))
    fleet.messages.wait(partial(_all_run, fleet, fleet.good, everybody, False))
    fleet.messages.wait(lambda _: rolled_back(fleet, fleet.bad) == first)
    lines = [line for line in metrics(port).splitlines() if fleet.bad in line]
    assert [line.split("{")[0] for line in lines] == ["edge_classify_model_rollback_timestamp_seconds"], lines
    codes = fleet.update()
    assert {name for name, code in codes.items() if code} == first, codes
    yield step(fleet, "bad, after it hung", fleet.bad, share=BAD_SHARE, expected=set(), codes=codes)


def metrics(port: int) -> str:
    """Return /metrics of a runner, whose page listens soon after its broker has heard from it."""
    until_s = time.monotonic() + WAIT_S
    while time.monotonic() < until_s:
        with (
            suppress(ConnectionError, urllib.error.URLError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as response,
        ):
            return str(response.read().decode())
        time.sleep(0.2)
    raise AssertionError("there is no page")


def step(
    fleet: Fleet, model: str, sha256: str, *, share: float, expected: set[str], codes: dict[str, int]
) -> dict[str, Any]:
    """Describe a step: the devices that run a model, and those that run another one than they are expected to."""
    running = fleet.running(sha256)
    return {
        "model": model,
        "share_percent": share,
        "devices": len(fleet.devices),
        "running": len(running),
        "rolled_back": len(rolled_back(fleet, sha256)),
        "refused": sum(code == 1 for code in codes.values()),
        "unexpected": sorted(running ^ expected),
    }


def rolled_back(fleet: Fleet, sha256: str) -> set[str]:
    """Names of the devices whose telemetry says that they rolled a model back."""
    return {name for name, one in fleet.messages.newest.items() if (one["rolled_back"] or {}).get("sha256") == sha256}


def _all_run(fleet: Fleet, sha256: str, expected: set[str], on_trial: bool | None, _: object) -> bool:
    return fleet.running(sha256, on_trial=on_trial) >= expected


def main() -> int:
    """Run it, print a line a step, and write the record."""
    flags = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    flags.add_argument(
        "--out", type=output_file, metavar="FILE", help="JSON file to write, of which docs/fleet.md has a table"
    )
    options = flags.parse_args()
    if MOSQUITTO is None:
        print("no broker here: apt install mosquitto", file=sys.stderr)
        return 2
    steps = []
    with tempfile.TemporaryDirectory() as folder, Fleet(Path(folder)) as fleet:
        for one in trial(fleet):
            print(json.dumps(one), flush=True)
            steps.append(one)
    if options.out:
        atomic_file.write_text(options.out, json.dumps({"steps": steps}, indent=2) + "\n")
    return int(any(one["unexpected"] for one in steps))


if __name__ == "__main__":
    raise SystemExit(main())
