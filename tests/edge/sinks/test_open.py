"""From flags to sinks, and the command line with all files at once."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.artifact.file import default_model
from edge.classify.classifier import Classifier
from edge.errors import ToolkitError
from edge.health import Health
from edge.run.flags import parser, sink_config_from
from edge.sinks.open import open_sinks


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    """The model that ships."""
    return Classifier.load(default_model())


@pytest.fixture
def choose(classifier: Classifier) -> Callable[..., list[Any]]:
    """Open the sinks of a command line."""

    def run(*arguments: object, is_live: bool = False) -> list[Any]:
        options = parser().parse_args([str(argument) for argument in arguments])
        return open_sinks(sink_config_from(options), classifier, Health(), is_live=is_live)

    return run


def test_without_flags_no_sink_is_opened(choose: Any) -> None:
    assert choose() == []


def test_each_flag_opens_its_sink_in_order(choose: Any, tmp_path: Path) -> None:
    pytest.importorskip("uvicorn", reason="the page needs the extra `web`: pip install 'edge-classify[web]'")
    sinks = choose("--picture", tmp_path / "a.png", "--csv", tmp_path / "a.csv", "--video", tmp_path / "a.avi",
                   "--snapshots", tmp_path / "kept", "--serve", "127.0.0.1:0")  # fmt: skip
    assert [type(sink).__name__ for sink in sinks] == [
        "PictureSink", "QueuedSink", "QueuedSink", "UncertaintyFilter", "PageSink",
    ]  # fmt: skip
    for sink in sinks:
        sink.close()


@pytest.mark.parametrize(("is_live", "wait_s", "drain_s"), [(True, 0.0, 0.3), (False, 5.0, 5.0)])
def test_a_live_source_never_waits_for_a_file_and_files_do(
    *, choose: Any, tmp_path: Path, is_live: bool, wait_s: float, drain_s: float
) -> None:
    (sink,) = choose("--csv", tmp_path / "a.csv", is_live=is_live)
    sink.close()
    assert (sink._wait_s, sink._drain_s) == (wait_s, drain_s)


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        (["--serve", "0.0.0.0:0"], "EDGE_CLASSIFY_TOKEN"),
        (["--serve", "127.0.0.1:0", "--corrections", "c"], "EDGE_CLASSIFY_TOKEN"),
        (["--corrections", "c"], "--serve"),
        (["--serve-base-path", "/cam"], "--serve"),
        (["--serve-embed-from", "self"], "--serve"),
        (["--video", "a.gif"], r"a\.gif: .*\.mp4 or \.avi"),
        (["--picture", "a.txt"], r"a\.txt: .*\.png"),
    ],
    ids=[
        "page",
        "page that writes",
        "corrections without a page",
        "path without one",
        "frame without one",
        "video",
        "picture",
    ],
)
def test_a_sink_that_can_not_be_opened_is_an_error_at_once(
    choose: Any, monkeypatch: pytest.MonkeyPatch, arguments: list[str], fact: str
) -> None:
    monkeypatch.delenv("EDGE_CLASSIFY_TOKEN", raising=False)
    with pytest.raises(ToolkitError, match=fact):
        choose(*arguments)


def test_sinks_that_are_not_configured_are_not_imported() -> None:
    program = """
import sys
import edge.run.main
assert edge.run.main.main(["--max-frames", "1", "-q"]) == 0
unasked = {"starlette", "uvicorn", "prometheus_client", "paho", "asyncio"}
unasked |= {"edge.sinks.text.csv", "edge.sinks.images.video"}
loaded = unasked & set(sys.modules)
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL, timeout=60)


@pytest.mark.parametrize(
    ("module", "arguments", "extra"),
    [("uvicorn", ["--serve", "127.0.0.1:0"], "web"), ("starlette", ["--serve", "127.0.0.1:0"], "web"),
     ("prometheus_client", ["--serve", "127.0.0.1:0"], "web"), ("paho", ["--mqtt", "mqtt://127.0.0.1/a"], "mqtt")],
)  # fmt: skip
def test_a_missing_library_names_its_extra(
    edge_classify: Any, monkeypatch: pytest.MonkeyPatch, module: str, arguments: list[str], extra: str
) -> None:
    if module != "prometheus_client":
        pytest.importorskip("prometheus_client", reason="needs the extras `web` and `mqtt`")
    for name in [name for name in sys.modules if name.split(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    outcome = edge_classify("--max-frames", 1, *arguments)
    assert outcome.code == 2
    assert outcome.sentence.endswith(f"pip install 'edge-classify[{extra}]'")


def test_a_run_writes_csv_video_and_snapshots_at_once(edge_classify: Any, tmp_path: Path) -> None:
    outcome = edge_classify("--csv", tmp_path / "a.csv", "--video", tmp_path / "a.avi", "--snapshots",
                            tmp_path / "kept", "--snapshots-every", 0, "--threshold", 1, "--max-frames", 4)  # fmt: skip
    assert outcome.code == 0
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        assert [row["frame"] for row in csv.DictReader(file)] == ["0", "1", "2", "3"]
    assert (tmp_path / "a.avi").stat().st_size > 10_000
    assert len(list((tmp_path / "kept" / "unknown").glob("*.jpg"))) == 4


def test_a_disk_that_fills_up_does_not_stop_the_run(
    edge_classify: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from edge.sinks.text.csv import CsvSink

    path = tmp_path / "a.csv"

    def full(sink: CsvSink, row: object) -> None:
        raise OSError(28, os.strerror(28), str(path))

    monkeypatch.setattr(CsvSink, "_write_row", full)
    outcome = edge_classify("--csv", path, "--max-frames", 3)
    assert (outcome.code, len(outcome.out.splitlines())) == (0, 3)
    assert f"csv: {path}: {os.strerror(28)}; " in outcome.err
