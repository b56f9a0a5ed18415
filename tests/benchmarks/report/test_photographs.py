"""The section on photographs, as data and as rendered."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.analysis.photograph_findings import (
    frames_sentence,
    headline,
    hits_sentence,
    mistakes_sentence,
    photograph_caveats,
)
from benchmarks.analysis.photograph_tally import FrameSize, PhotographTally
from benchmarks.analysis.photographs import with_tally
from benchmarks.analysis.row import Row, known
from benchmarks.analysis.rows import compare_with_float
from benchmarks.columns import MISSING
from benchmarks.config import BenchmarkConfig
from benchmarks.host.environment import describe_environment
from benchmarks.measure.inputs import EvaluationSet
from benchmarks.records import from_record
from benchmarks.report.build import build_report, markdown, write_report
from benchmarks.report.html import html_page
from benchmarks.report.photographs import photographs_text
from benchmarks.report.schema import Report, to_json

jsonschema = pytest.importorskip("jsonschema")
SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "report.schema.json").read_text(encoding="utf-8"))
NUMBER = re.compile(r"\d+(?:\.\d+)?")
SHEETS = {"mistakes.png": b"mistakes", "hits.png": b"hits"}
PICTURES = {"accuracy_latency.png", "confusion.png", "hits.png", "mistakes.png", "roc.png"}
STATEMENT = "accuracy on 4 known and 3 unknown photographs in 3 folders of wardrobe"

Build = Callable[..., Report]


@pytest.fixture
def build(photographs: EvaluationSet) -> Build:
    """The report of some rows on all photographs or on a part of them."""
    environment = describe_environment(["python", "-m", "benchmarks"], seed=0, threads=1)

    def make(*rows: Row, images: EvaluationSet = photographs) -> Report:
        compared = compare_with_float(rows, images.labels, images.class_names, margin_pp=0.5)
        judged = [with_tally(row, images) for row in compared]
        config = BenchmarkConfig(mistakes=2, hits=1)
        return build_report(judged, config, images, environment, statement=STATEMENT)

    return make


@pytest.fixture
def report(build: Build, judged_row: Callable[..., Row]) -> Report:
    """One row on seven photographs."""
    return build(judged_row("m.tflite"))


@pytest.fixture
def tally(report: Report) -> PhotographTally:
    return known(report.rows[0].photographs)


def part(row: Row, images: EvaluationSet, places: slice) -> tuple[Row, EvaluationSet]:
    """The same row on some of the photographs."""
    raw, listed = known(row.raw), known(images.photographs)
    answers = known(raw.photographs)
    fewer = replace(answers, **{name: getattr(answers, name)[places] for name in answers.__slots__})
    listed = replace(listed, names=listed.names[places], folder_indices=listed.folder_indices[places], skipped=())
    return replace(row, raw=replace(raw, photographs=fewer)), replace(images, photographs=listed)


def test_the_json_holds_every_photograph_and_keeps_to_the_schema(report: Report) -> None:
    data = json.loads(to_json(report))

    jsonschema.Draft202012Validator(SCHEMA).validate(data)
    assert from_record(Report, data) == report
    assert data["shown"] == {
        "row": "m.tflite @ litert",
        "mistakes": ["hats/1.png", "as/3.png"],
        "hits": ["as/1.png", "bs/1.png", "hats/2.png"],
    }
    assert data["rows"][0]["raw"]["photographs"]["labels"] == [0, -1, 1, 1, 0, -1, -2]
    assert data["rows"][0]["photographs"]["totals"]["all"]["answered"]["right"] == 4
    assert data["rows"][0]["top1_accuracy"] == 0.75
    assert data["test_images"]["photographs"]["skipped"] == [{"path": "as/<b>.jpg", "reason": "the file is empty"}]


def test_all_files_are_written_and_those_of_an_earlier_report_removed(
    report: Report, build: Build, judged_row: Callable[..., Row], photographs: EvaluationSet, tmp_path: Path
) -> None:
    write_report(report, tmp_path / "out", SHEETS)
    assert {path.name for path in (tmp_path / "out").glob("*.png")} == PICTURES
    row, images = part(judged_row("m.tflite"), photographs, slice(0, 4))

    write_report(build(row, images=images), tmp_path / "out", {"hits.png": b"hits"})

    left = {path.name for path in (tmp_path / "out").glob("*.png")}
    assert left == {"accuracy_latency.png", "confusion.png", "hits.png"}


def test_the_headline_says_both_accuracies_the_rejection_and_the_time(report: Report) -> None:
    top1, answered, curve, own, time = headline(report.rows[0])

    assert top1.startswith("Top-1: ")
    assert NUMBER.findall(top1.partition(": ")[2]) == ["75.0", "3", "4", "95", "30.1", "95.4"]
    assert answered.startswith("Answered: ")
    assert NUMBER.findall(answered) == ["57.1", "4", "7", "95", "25.0", "84.2"]
    assert NUMBER.findall(curve) == ["0.833", "95", "0.400", "66.7"]
    assert NUMBER.findall(own) == ["75.0", "66.7"]
    assert "1.00 ms" in time
    assert "8x6" in time


def test_the_time_on_photographs_keeps_the_caveat_of_the_row(build: Build, judged_row: Callable[..., Row]) -> None:
    made = judged_row("m.tflite", frame_to_decision_ns=[10, 20, 30] * 20)

    report = build(made)

    *_, time = headline(report.rows[0])
    assert "noisy" in time
    assert time in photographs_text(report)
    assert time in html_page(report)


def test_without_unknown_photographs_there_is_no_curve(
    build: Build, judged_row: Callable[..., Row], photographs: EvaluationSet
) -> None:
    row, images = part(judged_row("m.tflite"), photographs, slice(0, 4))
    report = build(row, images=images)

    assert any("No ROC curve" in sentence for sentence in headline(report.rows[0]))
    for text in (photographs_text(report), markdown(report), html_page(report)):
        assert "which keeps" not in text
        assert "roc.png" not in text


def test_unknown_photographs_alone_have_no_top1(
    build: Build, judged_row: Callable[..., Row], photographs: EvaluationSet
) -> None:
    alone = judged_row("m.tflite", predictions=[], confidence_bp=[], untempered_confidence_bp=[])
    row, images = part(alone, replace(photographs, labels=[]), slice(4, 7))
    report = build(row, images=images)

    first, *_ = headline(report.rows[0])
    assert first.startswith("Answered: ")
    assert "66.7%" in first
    assert "all known" not in photographs_text(report)
    assert report.rows[0].top1_accuracy is None
    assert "66.7%" in html_page(report)


def test_the_terminal_shows_tables_then_the_headline(report: Report) -> None:
    title, folders, matrix, rules, times, skipped, sentences = photographs_text(report).split("\n\n")

    assert title.startswith("m.tflite (litert) on 4 known and 3 unknown")
    assert [line.split()[:3] for line in folders.splitlines()[3:]] == [
        ["as", "a", "3"], ["bs", "b", "1"], ["hats", "unknown", "3"],
        ["all", "known", "4"], ["all", "unknown", "3"], ["all", "7", MISSING],
    ]  # fmt: skip
    assert matrix.splitlines()[0].split() == ["folder", "a", "b", "unknown", "nothing"]
    assert matrix.splitlines()[-1].split() == ["hats", "1", MISSING, "1", "1"]
    assert "below 0.400, which keeps 95%" in rules
    assert times.splitlines()[3].split() == ["vision", "900.0", MISSING]
    assert skipped.splitlines() == ["not read:", "as/<b>.jpg: the file is empty"]
    assert sentences.splitlines() == headline(report.rows[0])


def test_several_rows_are_compared_and_one_is_shown(build: Build, judged_row: Callable[..., Row]) -> None:
    slow, fast = judged_row("slow.tflite", invoke_ns=80_000), judged_row("fast.tflite", invoke_ns=10_000)

    report = build(slow, fast)

    table, title, *_ = photographs_text(report).split("\n\n")
    assert [line.split()[2:] for line in table.splitlines()[3:]] == [
        ["75.0", "57.1", "75.0", "66.7", "0.833", "1.00", "ok"]
    ] * 2
    assert title.startswith("fast.tflite ")
    assert "slow.tflite (litert) | 75.0 |" in markdown(report)


def test_other_test_images_have_no_such_section(row: Callable[..., Row], build: Build) -> None:
    ten = EvaluationSet("demo", 10, "ef" * 32, list(range(10)))
    report = build(row("m.tflite"), images=ten)

    assert (report.shown, photographs_text(report)) == (None, "")
    assert 'id="photographs"' not in html_page(report)
    assert "top-1" not in report.definitions


def test_markdown_shows_the_pictures(report: Report) -> None:
    text = markdown(report)

    for name in PICTURES:
        assert f"]({name})" in text
    assert "| all known |  | 4 | 3 | 75.0 | 30.1 to 95.4 | 2 | 50.0 | 15.0 to 85.0 |" in text


def test_the_page_escapes_names_and_fetches_only_its_own_pictures(report: Report) -> None:
    html = html_page(report)

    assert "as/&lt;b&gt;.jpg: the file is empty" in html
    assert "<b>.jpg" not in html
    assert re.findall('src="(.*?)"', html) == ["mistakes.png", "hits.png"]
    assert "confusion" in html.lower()
    assert 'aria-label="ROC curve' in html


def test_caveats_follow_from_the_facts(report: Report, tally: PhotographTally) -> None:
    assert set(photograph_caveats(tally, skipped=1)) <= set(report.caveats)
    assert len(photograph_caveats(tally, skipped=1)) == 3
    assert len(photograph_caveats(replace(tally, rejection=None), skipped=0)) == 1


def test_frame_sizes_and_drawn_mistakes_are_counted(tally: PhotographTally) -> None:
    sizes = tuple(FrameSize(2, edge, 9 - edge) for edge in range(1, 6))

    sentence = frames_sentence(replace(tally, frames=sizes), threads=1)
    assert "on 1 thread;" in sentence
    assert re.findall(r"\dx\d \(\d\)", sentence) == ["1x2 (8)", "2x2 (7)", "3x2 (6)"]
    assert "2 other sizes" in sentence
    assert mistakes_sentence(tally, shown=2).startswith("The 2 of 3 ")
    assert mistakes_sentence(tally, shown=3).startswith("All 3 wrong answers")
    assert hits_sentence(tally, shown=3).startswith("3 of 4 right answers:")


def test_a_single_photograph_is_spoken_of_as_one(
    build: Build, judged_row: Callable[..., Row], photographs: EvaluationSet
) -> None:
    row = judged_row("m.tflite")
    alone = [known(build(one, images=images).rows[0].photographs)
             for one, images in (part(row, photographs, slice(place, place + 1)) for place in range(7))]  # fmt: skip
    wrong = [tally for tally in alone if not known(tally.totals.all.answered).right]
    right = [tally for tally in alone if known(tally.totals.all.answered).right]

    assert (len(wrong), len(right)) == (3, 4)
    assert not mistakes_sentence(wrong[0], shown=1).endswith("answers.")
    assert hits_sentence(right[0], shown=1).startswith("1 of 1 right answer:")


@pytest.mark.parametrize("name", ["top-1", "answered", "AUROC", "score", "vision, invoke, decide"])
def test_each_figure_has_a_definition(report: Report, name: str) -> None:
    assert name in report.definitions
