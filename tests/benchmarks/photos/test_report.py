"""One JSON structure, and what is rendered from it."""

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.columns import MISSING
from benchmarks.photos.measure import PhotoReport
from benchmarks.photos.record import FrameSize, Report, Shown, caveats, frames_sentence, mistakes_sentence
from benchmarks.photos.render import html_page, markdown, printed
from benchmarks.photos.report import write_report
from benchmarks.photos.tally import split
from benchmarks.records import to_record

Build = Callable[[PhotoReport], Report]
EMPTY = "the file is empty"
NUMBER = re.compile(r"\d+(?:\.\d+)?")
FILES = ["confusion.png", "hits.png", "mistakes.png", "report.html", "report.json", "report.md", "roc.png"]


def test_the_json_holds_every_photograph(report: Report, measured: PhotoReport, tmp_path: Path) -> None:
    write_report(report, measured, tmp_path / "out")
    again = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))

    assert again == to_record(report)
    assert (again["schema_version"], again["kind"]) == (1, "photos")
    assert again["photos"][1] == {
        "path": "as/2.png",
        "folder": "as",
        "label": "unknown",
        "right": False,
        "top1": "a",
        "top1_right": True,
        "probability": 0.4,
        "score": 0.4,
        "probabilities": [0.4, 0.6],
        "height": 6,
        "width": 8,
        "latency_ns": {"vision": 900_000, "invoke": 60_000, "decide": 40_000, "total": 1_000_000},
    }
    assert again["photos"][4]["top1_right"] is None
    assert (again["photos"][6]["top1"], again["photos"][6]["probabilities"]) == ("nothing", [0.0, 0.0])
    assert again["skipped"] == [{"path": "as/<b>.jpg", "reason": "the file is empty"}]
    assert again["shown"] == {
        "mistakes": ["hats/1.png", "as/3.png"],
        "hits": ["as/1.png", "bs/1.png", "hats/2.png"],
    }
    assert again["stages"]["vision"] == {"samples": 7, "median_ns": 900_000, "p90_ns": None}
    assert again["frames"] == [{"height": 6, "width": 8, "count": 7}]
    assert again["settings"]["truths"] == {"as": ["a"]}


def test_all_files_are_written_and_nothing_else(report: Report, measured: PhotoReport, tmp_path: Path) -> None:
    page = write_report(report, measured, tmp_path / "new" / "out")

    assert page == tmp_path / "new" / "out" / "report.html"
    assert sorted(path.name for path in page.parent.iterdir()) == FILES


def test_a_new_folder_holds_all_files_or_is_not_there(
    report: Report, measured: PhotoReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.photos.report.to_json", lambda report: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(report, measured, tmp_path / "new")

    assert not (tmp_path / "new").exists()


def test_images_of_an_earlier_report_are_removed(build: Build, measured: PhotoReport, tmp_path: Path) -> None:
    known = dataclasses.replace(measured, results=tuple(split(measured.results)[0][:1]), skipped=())
    for name in FILES:
        (tmp_path / "out" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "out" / name).write_bytes(b"earlier")

    write_report(build(known), known, tmp_path / "out")

    assert {path.name for path in (tmp_path / "out").iterdir()} == set(FILES) - {"mistakes.png", "roc.png"}


def test_the_headline_says_both_accuracies_the_rejection_and_the_time(report: Report) -> None:
    statement = report.statement
    assert statement.startswith("m.tflite ")
    assert statement.endswith(" of wardrobe")
    assert NUMBER.findall(statement) == ["4", "3", "3"]
    top1, answered, curve, own, time = report.headline
    assert top1.startswith("Top-1: ")
    assert NUMBER.findall(top1.partition(": ")[2]) == ["75.0", "3", "4", "95", "30.1", "95.4"]
    assert answered.startswith("Answered: ")
    assert NUMBER.findall(answered) == ["57.1", "4", "7", "95", "25.0", "84.2"]
    assert NUMBER.findall(curve) == ["0.833", "95", "0.400", "66.7"]
    assert NUMBER.findall(own) == ["75.0", "66.7"]
    assert "1.00 ms" in time
    assert "8x6" in time


def test_without_unknown_photographs_there_is_no_curve(build: Build, measured: PhotoReport) -> None:
    report = build(dataclasses.replace(measured, results=tuple(split(measured.results)[0])))

    assert report.rejection is None
    assert any("No ROC curve" in sentence for sentence in report.headline)
    for text in (printed(report), markdown(report), html_page(report)):
        assert "which keeps" not in text
        assert "roc.png" not in text


def test_unknown_photographs_alone_have_no_top1(build: Build, measured: PhotoReport) -> None:
    report = build(dataclasses.replace(measured, results=tuple(split(measured.results)[1])))

    assert report.headline[0].startswith("Answered: ")
    assert "66.7%" in report.headline[0]
    assert "all known" not in printed(report)


def test_the_terminal_shows_tables_then_the_headline(report: Report) -> None:
    statement, folders, matrix, rules, times, skipped, headline = printed(report).split("\n\n")

    assert statement == report.statement
    assert [line.split()[:3] for line in folders.splitlines()[3:]] == [
        ["as", "a", "3"], ["bs", "b", "1"], ["hats", "unknown", "3"],
        ["all", "known", "4"], ["all", "unknown", "3"], ["all", "7", MISSING],
    ]  # fmt: skip
    assert matrix.splitlines()[0].split() == ["folder", "a", "b", "unknown", "nothing"]
    assert matrix.splitlines()[-1].split() == ["hats", "1", MISSING, "1", "1"]
    assert "below 0.400, which keeps 95%" in rules
    assert times.splitlines()[3].split() == ["vision", "900.0", MISSING]
    assert skipped.splitlines() == ["not read:", f"as/<b>.jpg: {EMPTY}"]
    assert headline.splitlines() == list(report.headline)


def test_markdown_shows_the_pictures(report: Report) -> None:
    text = markdown(report)

    assert text.startswith("# Photographs, ")
    for name in ("confusion.png", "roc.png", "mistakes.png", "hits.png"):
        assert f"]({name})" in text
    assert "| all known |  | 4 | 3 | 75.0 | 30.1 to 95.4 | 2 | 50.0 | 15.0 to 85.0 |" in text


def test_the_page_escapes_names_and_fetches_only_its_own_pictures(report: Report) -> None:
    html = html_page(report)

    assert f"as/&lt;b&gt;.jpg: {EMPTY}" in html
    assert "<b>" not in html
    assert html.count('src="') == 2
    assert 'src="mistakes.png"' in html
    assert 'src="hits.png"' in html
    for outside in ('href="http', "url(http", "@import", "<script"):
        assert outside not in html
    assert html.count("<svg") == 2
    assert "--right:" in html


def test_caveats_follow_from_the_facts(report: Report) -> None:
    board = dataclasses.replace(
        report, environment=dataclasses.replace(report.environment, kind="board", load_average_1min=1.4)
    )

    assert any("host" in sentence for sentence in caveats(report))
    assert not any("host" in sentence for sentence in caveats(board))
    assert any("load average 1.4 on 2 cores" in sentence for sentence in caveats(board))
    assert any("not be read" in sentence and "1 of the files" in sentence for sentence in caveats(report))
    assert any("A p90 needs 64 photographs" in sentence for sentence in caveats(report))


def test_frame_sizes_and_drawn_mistakes_are_counted(report: Report) -> None:
    sizes = [FrameSize(2, edge, 9 - edge) for edge in range(1, 6)]

    sentence = frames_sentence(dataclasses.replace(report, frames=sizes))
    assert "on 1 thread;" in sentence
    assert re.findall(r"\dx\d \(\d\)", sentence) == ["1x2 (8)", "2x2 (7)", "3x2 (6)"]
    assert "2 other sizes" in sentence
    assert mistakes_sentence(report).startswith("The 2 of 3 ")
    assert mistakes_sentence(dataclasses.replace(report, shown=Shown(["1", "2", "3"], []))).startswith(
        "All 3 wrong answers"
    )


@pytest.mark.parametrize("name", ["top-1", "answered", "AUROC", "score", "vision, invoke, decide"])
def test_each_figure_has_a_definition(report: Report, name: str) -> None:
    assert name in report.definitions
