"""Commands that write files, each in a folder of its own, with the properties of their files."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from edge import demo
from edge.errors import ToolkitError
from edge.system import atomic_file
from tests.hardening.power_loss.killing import Call, start

ROOT = Path(__file__).parents[3]
_IMAGES = 100  # for the training: ten of each class
_MODEL = ROOT / "edge" / "models" / "edge_int8.tflite"
_OLD_UNIT = "[Unit]\nDescription=the unit of an earlier version\n"


@dataclass(frozen=True, slots=True)
class KillScenario:
    """A kind of command."""

    kind: str
    folder: Path
    calls: Sequence[Callable[[], Call]]
    """Commands taken in turns, so that a file differs from the one that is being written."""
    kills_in_a_row: int = 1
    """Starts that are killed before one may run to its end: more where a start takes seconds."""
    exact: tuple[str, ...] = ()
    """Files with the same bytes after each start of a command: they must be those of one command or another."""
    may_go: str = "(?!)"
    """Pattern of files that the command itself removes, as paths in the folder."""
    strays: tuple[str, ...] = ()
    """Globs of other files that a start must not leave behind."""


def make_scenarios(folder: Path, kinds: Sequence[str]) -> list[KillScenario]:
    """Prepare a folder for each; those that need a trained run have one made.

    Raises:
        ToolkitError: this project's source tree, `make` or the training libraries are missing.
    """
    if shutil.which("make") is None or not (ROOT / "Makefile").is_file():
        raise ToolkitError("the attack needs `make` and the project's source tree: start it there")
    for kind in kinds:
        (folder / kind).mkdir()
    if {"train", "export"} & set(kinds):
        _draw_images(folder / "images")
    return [KINDS[kind](folder / kind) for kind in kinds]


def _train(folder: Path) -> KillScenario:
    """Train a new run each time, or resume one that was killed."""

    def call() -> Call:
        done = len(list(folder.glob("runs/run*")))
        if (folder / f"runs/.run{done}.partial/config.json").exists():
            return _python(folder, "train", "--resume", "--name", f"run{done}")
        return _python(folder, "train", *_TRAINING, "--name", f"run{done}")

    return KillScenario("train", folder, (call,), kills_in_a_row=2, may_go=r"runs/\..*", strays=("runs/.*",))


def _export(folder: Path) -> KillScenario:
    """Two runs by turns into the same file, of both formats."""
    for name in ("one", "two"):
        made = start(_python(folder, "train", *_TRAINING, "--name", name))
        if made.code:
            raise ToolkitError(f"the runs that are to be exported could not be made: {made.sentence}")

    def call(name: str, run: str) -> Callable[[], Call]:
        words = (f"runs/{run}", "--quantize", "none", "--out", f"out.{name}", "--max-loss", "100")
        return lambda: _python(folder, f"export.{name}", *words)

    calls = [call("tflite", "one"), call("onnx", "one"), call("tflite", "two"), call("onnx", "two")]
    return KillScenario("export", folder, calls, kills_in_a_row=2, exact=("out.tflite", "out.onnx"))


def _runner(folder: Path) -> KillScenario:
    """Everything that the runner writes to: pictures, videos, rows, lines."""
    words = ("--source", "demo", "--threshold", "0.99", "--max-frames", "40", "--snapshots", "snapshots",
             "--snapshots-every", "0", "--snapshots-limit", "400kB", "--picture", "seen.png", "--csv", "answers.csv",
             "--json")  # fmt: skip

    def call(video: str) -> Callable[[], Call]:
        return lambda: _python(folder, "edge.run.main", *words, "--video", video, out=folder / "answers.jsonl")

    calls = [call("seen.avi"), call("seen.mp4")]
    return KillScenario(
        "snapshot", folder, calls, may_go=r"snapshots/.*|seen-(unfinished|cut)\..*", strays=("*-unfinished*",)
    )


def _benchmark(folder: Path) -> KillScenario:
    """A report over an older one, one in a new folder, and a kit for a device."""
    few = ("--max-images", "20")
    quick = (
        "--runtime",
        "litert",
        "--repeats",
        "1",
        "--runs",
        "3",
        "--frames",
        "2",
        "--warmup",
        "1",
        "--warmup-s",
        "0.01",
    )
    calls = [
        lambda: _python(folder, "benchmarks", str(_MODEL), "--out", "report", *quick, *few),
        lambda: _python(
            folder, "benchmarks", str(_MODEL), "--out", f"new{len(list(folder.glob('new*')))}", *quick, *few
        ),
        lambda: _python(folder, "benchmarks", "kit", "--out", "kit.zip", str(_MODEL), *few),
    ]
    return KillScenario("benchmark", folder, calls, kills_in_a_row=2)


def _config(folder: Path) -> KillScenario:
    """The only configuration that a command writes: the service's, by turns over an old one and where none is."""
    unit, config = "etc/systemd/system/edge-classify.service", "etc/edge-classify/config.toml"
    argv = ["make", "--silent", "-C", str(ROOT), "service-files", f"DESTDIR={folder}"]

    def over_an_old_one() -> Call:
        atomic_file.write_text(folder / unit, _OLD_UNIT)
        return Call(argv, folder)

    def where_none_is() -> Call:
        (folder / config).unlink(missing_ok=True)
        return over_an_old_one()

    return KillScenario("config", folder, (where_none_is, over_an_old_one), exact=(unit, config))


KINDS: dict[str, Callable[[Path], KillScenario]] = {
    "train": _train,
    "export": _export,
    "snapshot": _runner,
    "benchmark": _benchmark,
    "config": _config,
}
_TRAINING = ("--preset", "tiny", "--data", "../images", "--epochs", "3")


def _python(folder: Path, module: str, *words: str, out: Path | None = None) -> Call:
    return Call([sys.executable, "-m", module, *words], folder, out)


def _draw_images(folder: Path) -> None:
    """Drawn garments, a folder for each class, as a person's own images to train on."""
    images, labels = demo.draw_dataset(_IMAGES)
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        atomic_file.write_bytes(folder / f"class {label}" / f"{number}.png", cv2.imencode(".png", image)[1].tobytes())
