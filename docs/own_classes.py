"""The walk of docs/own-classes.md, made as a new user makes it: collect, train, export, run, correct, teach.

`python docs/own_classes.py` draws films of hand signs, whose people differ from film to film, runs every command in
an empty folder and keeps what each prints in docs/measured/own_classes.json. `--photographs DIR` makes the part on
photographs, with folders train and validation, too: half an hour on two cores.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import hand_signs
import numpy as np
from numpy.typing import NDArray

from benchmarks.host.environment import Environment, describe_environment, machine_name, shown_time
from benchmarks.records import from_record, to_record

ROOT = Path(__file__).parents[1]
MEASURED = ROOT / "docs" / "measured" / "own_classes.json"
SIGNS = ("fist", "five", "two")
PORT, TOKEN = 8091, "a-token-of-this-walk"
_FPS, _EACH = 4, 60  # frames a second of a film, and frames of a sign
_LEARNED, _NEW = range(30), range(100, 120)  # people of the films, and others
_NEW_IMAGES = 4  # of a sign
_LIVE_S = 0.2  # between the frames of the camera that is corrected
_PATIENCE_S = 120.0  # until the page answers
_SHOWN = "hat"  # folder of photographs that is classified
_FIRST_LINES, _LAST_LINES = 12, 3  # that are shown of a long output
_COMMANDS = 4  # that are shown of a step
_PROGRESS = re.compile(
    r"(looked at|prepared|read) \d+ of|report: (features|learning curve)|WARNING:tensorflow|\[round|.*: not installed:"
)


def draw_frame(sign: str, people: range, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw a sign, or `unknown`: a scene without a hand; uint8 BGR, shape (200, 200, 3)."""
    if sign == "unknown":
        scene = hand_signs.draw((0,) * 5, 0, rng)
        return np.asarray(cv2.GaussianBlur(np.roll(scene, (100, 100), (0, 1)), (0, 0), rng.uniform(8, 20)), np.uint8)
    return hand_signs.draw(hand_signs.SIGNS[sign], int(rng.choice(people)), rng)


def drawn_frames(sign: str) -> Iterator[NDArray[np.uint8]]:
    """Yield a sign, made by new people, without end."""
    rng = np.random.default_rng(9)
    while True:
        yield draw_frame(sign, _NEW, rng)


def write_film(path: Path, sign: str, people: range, frames: int, seed: int) -> None:
    """Draw a film of one sign."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), _FPS, (200, 200))
    for _ in range(frames):
        writer.write(draw_frame(sign, people, rng))
    writer.release()


class Walk:
    """Runs commands in one folder and keeps what they print."""

    def __init__(self, folder: Path) -> None:
        """Store the folder."""
        self.folder = folder
        self.steps: dict[str, list[dict[str, str]]] = {}

    def run(self, step: str, command: str) -> None:
        """Run a command as it would be typed; its output, with the messages on stderr, belongs to the step."""
        print(f"$ {command}", flush=True)
        done = subprocess.run(shlex.split(command), cwd=self.folder, env=_environment(), check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
        print(done.stdout, flush=True)
        if done.returncode:
            raise SystemExit(f"it ended with {done.returncode}")
        self.keep(step, command, done.stdout)

    def keep(self, step: str, command: str, output: str) -> None:
        """Keep what a command printed, without the folder of this walk."""
        shown = output.replace(f"{self.folder}/", "").rstrip("\n")
        self.steps.setdefault(step, []).append({"command": command, "output": shown})

    def correct(self, step: str, command: str, label: str, frames: Iterator[NDArray[np.uint8]]) -> None:
        """Run a command on a live stream of frames, and give the one in view its class as the page does."""
        print(f"$ {command}", flush=True)
        messages = tempfile.TemporaryFile()  # noqa: SIM115  # a pipe that nobody reads would stop it
        process = subprocess.Popen(shlex.split(command), cwd=self.folder, env=_environment(), stdin=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, stderr=messages)  # fmt: skip
        assert process.stdin is not None
        answers: list[str] = []
        given_up = time.monotonic() + _PATIENCE_S
        while not answers and time.monotonic() < given_up:
            process.stdin.write(cv2.imencode(".jpg", next(frames))[1].tobytes())
            process.stdin.flush()
            time.sleep(_LIVE_S)
            answers = _correct(label)
        process.communicate()
        messages.seek(0)
        print(answers, messages.read().decode(), flush=True)
        assert len(answers) == 2, "the page didn't answer"
        saved = sorted(path.relative_to(self.folder) for path in self.folder.glob(f"*/{label}/*corrected*"))
        self.keep(step, command, "\n".join([*answers, *map(str, saved)]))


def _correct(label: str) -> list[str]:
    """Freeze the frame in view and save it as its class, as the page does; return both answers, none before a frame."""
    try:
        frozen = _post("/corrections/freeze")
        saved = _post("/corrections/save", frame=json.loads(frozen)["frame"], label=label)
    except urllib.error.URLError:
        return []
    return [frozen, saved]


def _post(path: str, **parameters: object) -> str:
    address = f"http://127.0.0.1:{PORT}{path}?{urllib.parse.urlencode(parameters)}"
    request = urllib.request.Request(address, method="POST", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return str(answer.read().decode())


def _environment() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "EDGE_CLASSIFY_TOKEN": TOKEN, "COLUMNS": "100", "PYTHONPATH": str(ROOT)}


def walk_signs(walk: Walk) -> None:
    """Draw films of the signs and images of new people, and make the walk with them."""
    for number, sign in enumerate((*SIGNS, "unknown")):
        write_film(walk.folder / "films" / f"{sign}.mp4", sign, _LEARNED, _EACH, seed=number)
        rng = np.random.default_rng(100 + number)
        for each in range(_NEW_IMAGES if sign in SIGNS else 0):
            path = walk.folder / "new" / f"{sign}{each}.jpg"
            path.parent.mkdir(exist_ok=True)
            cv2.imwrite(str(path), draw_frame(sign, _NEW, rng))
    for sign in (*SIGNS, "unknown"):
        walk.run("collect", f"edge-classify collect signs/ --source films/{sign}.mp4 --every 0 --class {sign}")
    walk.run("train", "python -m train --data signs/")
    walk.run("export", "python -m export.tflite --quantize int8")
    run = next((walk.folder / "runs").iterdir()).name
    model = f"artifacts/{run}_int8.tflite"
    walk.run("run", f"edge-classify --source new/ --model {model}")
    walk.correct("correct", f"edge-classify --source - --model {model} --serve 127.0.0.1:{PORT} --corrections signs/",
                 SIGNS[0], drawn_frames(SIGNS[0]))  # fmt: skip
    walk.run("teach", "edge-classify teach signs/ --out mine.tflite")
    walk.run("run taught", "edge-classify --source new/ --model mine.tflite")


def walk_photographs(walk: Walk, photographs: Path) -> None:
    """Make the walk with the photographs of its folder train, and judge it by those of its folder validation."""
    (walk.folder / "photos").symlink_to(photographs.resolve())
    shutil.rmtree(walk.folder / "runs", ignore_errors=True)
    for folder in sorted(path.name for path in (photographs / "train").iterdir()):
        source = f"--source photos/train/{folder} --every 0"
        walk.run("photographs collect", f"edge-classify collect clothes/ {source} --class {folder}")
    walk.run("photographs train", "python -m train --data clothes/")
    walk.run("photographs export", "python -m export.tflite --quantize int8")
    model = f"artifacts/{next((walk.folder / 'runs').iterdir()).name}_int8.tflite"
    walk.run("photographs run", f"edge-classify --source photos/validation/{_SHOWN} --model {model}")
    walk.run("photographs teach", "edge-classify teach clothes/ --out taught.tflite")
    walk.run("photographs run taught", f"edge-classify --source photos/validation/{_SHOWN} --model taught.tflite")
    walk.run("photographs judge", f"python -m benchmarks {model} taught.tflite --data photos/validation --out judged")
    # The last step, for a photograph that is corrected is learned from.
    images = (cv2.imread(str(path)) for path in sorted((photographs / "validation" / _SHOWN).iterdir()))
    command = f"edge-classify --source - --model {model} --serve 127.0.0.1:{PORT} --corrections clothes/"
    walk.correct("photographs correct", command, _SHOWN, itertools.cycle(images))


def page(report: dict[str, Any], step: str) -> str:
    """Return a step's commands and what they printed, long output without its middle, and the machine of the walk."""
    if step.endswith("machine"):
        environment = from_record(Environment, report["photographs environment" if " " in step else "environment"])
        return f"{machine_name(environment)}; {shown_time(environment)}\n"
    lines = []
    commands = report["steps"][step]
    shown = commands if len(commands) <= _COMMANDS else [*commands[: _COMMANDS - 1], None, commands[-1]]
    for printed in shown:
        if printed is None:
            lines.append("...")
            continue
        output = [line for line in printed["output"].split("\n") if not _PROGRESS.match(line)]
        if len(output) > _FIRST_LINES + _LAST_LINES + 1:
            output = [*output[:_FIRST_LINES], "...", *output[-_LAST_LINES:]]
        lines += [f"$ {printed['command']}", *output]
    return "```text\n" + "\n".join(lines) + "\n```\n"


def main() -> None:
    """Make the walk, or a part of it, and keep it."""
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--photographs", type=Path, metavar="DIR")
    flags.add_argument("--only", choices=("signs", "photographs"), help="keep the other part as it is")
    flags.add_argument(
        "--work", type=Path, metavar="DIR", help="empty folder to work in, kept (default: a temporary one)"
    )
    options = flags.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        walk = Walk(options.work.resolve() if options.work else Path(folder))
        if options.only != "photographs":
            walk_signs(walk)
        if options.photographs:
            walk_photographs(walk, options.photographs)
    kept = json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else {}
    environment = to_record(describe_environment(["docs/own_classes.py"], seed=0, threads=2))
    parts = [*(["environment"] if options.only != "photographs" else []),
             *(["photographs environment"] if options.photographs else [])]  # fmt: skip
    figures = {**kept, **dict.fromkeys(parts, environment), "steps": {**kept.get("steps", {}), **walk.steps}}
    MEASURED.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
