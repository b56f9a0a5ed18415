"""CSV: rows as a spreadsheet reads them, what was there stays, and a full disk is an error with the file's name."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import pytest

from edge.errors import ToolkitError
from edge.sinks.text.csv import COLUMNS, CsvSink

SHA256 = "ab" * 32


def rows(path: Path) -> list[dict[str, str]]:
    """Rows as Python's CSV reader returns them."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_a_row_a_frame(tmp_path: Path, frame: Any, prediction: Any, decision: Any) -> None:
    path = tmp_path / "new" / "out.csv"
    sink = CsvSink(path, model_sha256=SHA256)
    sink.write(frame(7, seconds=1.5), prediction(), decision(reason='says "so", Müħle'))
    (row,) = rows(path)  # before it is closed
    assert row == {
        "time": "2026-01-02T12:00:01.500Z", "frame": "7", "source": "camera 0", "label": "Coat", "state": "known",
        "probability": "0.875", "changed": "False", "since": "2026-01-02T12:00:00.000Z",
        "reason": 'says "so", Müħle', "presence": "0.75", "score": "0.9", "top_k": "Coat 0.9000; Shirt 0.1000",
        "vision_ms": "2.000", "invoke_ms": "0.500", "decide_ms": "0.100", "total_ms": "2.600", "position_s": "",
        "model_sha256": SHA256,
    }  # fmt: skip
    sink.close()
    sink.close()


def test_a_file_of_the_version_before_goes_on_with_its_columns(
    tmp_path: Path, frame: Any, prediction: Any, decision: Any
) -> None:
    path = tmp_path / "out.csv"
    old = [name for name in COLUMNS if name != "position_s"]
    path.write_text(",".join(old) + "\n")
    sink = CsvSink(path, model_sha256=SHA256)
    sink.write(frame(7)._replace(position_s=0.28), prediction(), decision())
    sink.close()
    (row,) = rows(path)
    assert list(row) == old
    assert row["model_sha256"] == SHA256


def test_that_frames_stopped_coming_is_one_row(tmp_path: Path, decision: Any) -> None:
    path = tmp_path / "out.csv"
    sink = CsvSink(path, model_sha256=SHA256)
    for changed in (True, False, False):
        sink.idle(decision("stale", changed=changed, reason="no frame for more than 2 s"))
    sink.close()
    (row,) = rows(path)
    assert (row["time"], row["label"], row["frame"], row["top_k"]) == ("2026-01-02T12:00:00.000Z", "stale", "", "")


@pytest.fixture
def append(frame: Any, prediction: Any, decision: Any) -> Any:
    """Start anew on a file and write a row."""

    def write(path: Path, number: int) -> None:
        sink = CsvSink(path, model_sha256=SHA256)
        sink.write(frame(number), prediction(), decision(reason="one, two"))
        sink.close()

    return write


CUT = '2026-01-02T11:00:00.000Z,1,camera 0,Coat,known,0.9,True,2026-01-02T11:00:00.000Z,"first, sec'


@pytest.mark.parametrize("cut", ["", "2", CUT, "\0" * 70_000, CUT + "\0" * 10], ids=repr)
def test_a_file_that_is_there_is_gone_on_with_and_half_a_row_is_taken_back(
    tmp_path: Path, append: Any, caplog: pytest.LogCaptureFixture, cut: str
) -> None:
    path = tmp_path / "out.csv"
    for number in (1, 2, 3):
        append(path, number)
        with path.open("a", encoding="utf-8") as file:
            file.write(cut)  # what a power cut leaves
    sentence = f"{path}: its last row was cut short, its {len(cut)} bytes are taken back"
    assert [record.message for record in caplog.records] == [sentence] * (2 if cut else 0)
    path.write_text(path.read_text(encoding="utf-8").removesuffix(cut), encoding="utf-8")
    assert [(row["frame"], row["model_sha256"]) for row in rows(path)] == [("1", SHA256), ("2", SHA256), ("3", SHA256)]


@pytest.mark.parametrize("length", [0, 1, 70, 200], ids=str)
def test_a_header_that_was_cut_is_written_anew(tmp_path: Path, append: Any, length: int) -> None:
    path = tmp_path / "out.csv"
    path.write_text((",".join(COLUMNS) + "\n")[:length])
    append(path, 1)
    assert [row["frame"] for row in rows(path)] == ["1"]


def test_a_last_row_that_an_editor_saved_without_its_end_stays(tmp_path: Path, append: Any) -> None:
    path = tmp_path / "out.csv"
    for number in (1, 2):
        append(path, number)
        path.write_bytes(path.read_bytes()[:-1])
    assert [row["frame"] for row in rows(path)] == ["1", "2"]


def test_a_row_is_a_line_whatever_the_file_is_called(
    tmp_path: Path, frame: Any, prediction: Any, decision: Any
) -> None:
    path = tmp_path / "out.csv"
    sink = CsvSink(path, model_sha256=SHA256)
    sink.write(frame(1)._replace(source="a\nb.jpg"), prediction(), decision())
    sink.close()
    assert len(path.read_bytes().splitlines()) == 2
    assert rows(path)[0]["source"] == "a b.jpg"


def test_a_log_that_is_rotated_by_truncating_goes_on(
    tmp_path: Path, frame: Any, prediction: Any, decision: Any
) -> None:
    path = tmp_path / "out.csv"
    sink = CsvSink(path, model_sha256=SHA256)
    sink.write(frame(1), prediction(), decision())
    path.write_text("")
    sink.write(frame(2), prediction(), decision())
    sink.close()
    assert path.read_bytes().startswith(b"2026-")  # no gap of zero bytes


def test_another_file_is_not_written_into(tmp_path: Path) -> None:
    path = tmp_path / "shopping.csv"
    path.write_text("eggs,milk\n")
    with pytest.raises(ToolkitError, match=rf"{path} .*'eggs,milk'"):
        CsvSink(path, model_sha256=SHA256)
    assert path.read_text() == "eggs,milk\n"
    with pytest.raises(IsADirectoryError, match="it is a folder"):
        CsvSink(tmp_path, model_sha256=SHA256)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_a_full_disk_is_an_error_that_names_the_file_and_the_next_row_starts_afresh(
    tmp_path: Path, frame: Any, prediction: Any, decision: Any
) -> None:
    path = tmp_path / "out.csv"
    sink = CsvSink(path, model_sha256=SHA256)
    sink.close()
    path.unlink()
    path.symlink_to("/dev/full")
    for number in (1, 2):
        with pytest.raises(OSError, match=os.strerror(28)):
            sink.write(frame(number), prediction(), decision())
    path.unlink()
    sink.write(frame(3), prediction(), decision())
    sink.close()
    assert [row["frame"] for row in rows(path)] == ["3"]
