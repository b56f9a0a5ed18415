from collections.abc import Callable

import pytest

from benchmarks.analysis.quantization_loss import judge_rows
from benchmarks.analysis.rows import Row, compare_with_float
from benchmarks.report.accuracy_table import COLUMNS, CSV_NAMES, class_columns, csv_facts, described
from benchmarks.report.sections import changes, losses, tiles
from edge.artifact.labels import FASHION_MNIST_LABELS


@pytest.fixture
def rows(row: Callable[..., Row]) -> list[Row]:
    found = [
        row("a_none.tflite", quantization="none", confidence_bp=[9_000] * 10),
        row("a_int8.tflite", wrong=6, confidence_bp=[9_100] * 10),
        row("gone.tflite", reason="crashed"),
    ]
    compare_with_float(found)
    judge_rows(found, list(range(10)), FASHION_MNIST_LABELS, margin_pp=0.5)
    return found


def test_cells_of_a_quantized_row_and_of_its_reference(rows: list[Row]) -> None:
    ours = {column.heading: column.show(rows[1]) for column in COLUMNS}

    assert (ours["variant"], ours["loss, points here"]) == ("a_int8.tflite (litert)", "60.00")
    assert (ours["answers lost"], ours["answers gained"], ours["agree %"]) == ("6", "0", "40.00")
    assert ours["McNemar p exact"] == "0.0312 *"  # 2 / 2^6
    assert ours["confidence drift, points"] == "1.00"
    assert ours["calibration error, % here"] == "51.00"  # 0.91 against 4 of 10
    assert ours["verdict"] == "real loss"
    theirs = {column.heading: column.show(rows[0]) for column in COLUMNS}
    assert (theirs["loss, points here"], theirs["verdict"]) == ("float", "–")  # noqa: RUF001


def test_classes_show_accuracy_of_float_and_losses_of_the_others(rows: list[Row]) -> None:
    columns = class_columns(rows)

    assert [column.title for column in columns[1:]] == list(FASHION_MNIST_LABELS)
    assert (columns[1].show(rows[0]), columns[1].show(rows[1]), columns[-1].show(rows[1])) == ("100.0 %", "+100.0", "0")
    assert described(rows) == rows[:2]


def test_csv_is_unrounded_and_has_the_same_names_for_every_row(rows: list[Row]) -> None:
    facts = csv_facts(rows[1])

    assert tuple(facts) == tuple(csv_facts(rows[2])) == CSV_NAMES
    assert facts["mcnemar_p"] == 2 / 2**6
    assert set(csv_facts(rows[2]).values()) == {None}


def test_sections_of_the_page(rows: list[Row]) -> None:
    found = losses(rows)

    assert found is not None
    assert found["sentences"][0].startswith("a_int8.tflite (litert): 60.00 points lost, 95 % interval ")
    assert [one["name"] for one in changes(rows)] == ["a_int8.tflite (litert)"]
    assert tiles(rows)[0] == ("100.00%", "of the test images right")
    assert losses(rows[2:]) is None
    assert tiles(rows[2:]) == []
