from collections.abc import Callable

import pytest

from benchmarks.analysis.row import Row
from benchmarks.report.accuracy_table import COLUMNS, CSV_NAMES, accuracy_tables, csv_facts
from benchmarks.report.html import changes, losses, tiles
from edge.artifact.spec import FASHION_MNIST_LABELS


@pytest.fixture
def rows(row: Callable[..., Row], compared: Callable[..., list[Row]]) -> list[Row]:
    return compared(
        [
            row("a_none.tflite", quantization="none", confidence_bp=[9_000] * 10),
            row("a_int8.tflite", wrong=6, confidence_bp=[9_100] * 10),
            row("gone.tflite", reason="crashed"),
        ]
    )


def test_cells_of_a_quantized_row_and_of_its_reference(rows: list[Row]) -> None:
    ours = {column.heading: column.show(rows[1]) for column in COLUMNS}

    assert (ours["variant"], ours["loss, points here"]) == ("a_int8.tflite (litert)", "60.00")
    assert (ours["predictions lost"], ours["predictions gained"], ours["agree %"]) == ("6", "0", "40.00")
    assert ours["McNemar p exact"] == "0.0312 *"  # 2 / 2^6
    assert ours["confidence drift, points"] == "1.00"
    assert ours["calibration error, % here"] == "51.00"  # 0.91 against 4 of 10
    assert ours["verdict"] == "real loss"
    theirs = {column.heading: column.show(rows[0]) for column in COLUMNS}
    assert (theirs["loss, points here"], theirs["verdict"]) == ("float", "–")  # noqa: RUF001


def test_classes_show_accuracy_of_float_and_losses_of_the_others(rows: list[Row]) -> None:
    _, by_class = accuracy_tables(rows)
    columns = by_class.columns

    assert [column.title for column in columns[1:]] == list(FASHION_MNIST_LABELS)
    assert (columns[1].show(rows[0]), columns[1].show(rows[1]), columns[-1].show(rows[1])) == ("100.0 %", "+100.0", "0")
    assert list(by_class.rows) == rows[:2]
    assert accuracy_tables(rows[2:]) == []


def test_csv_is_unrounded_and_has_the_same_names_for_every_row(rows: list[Row]) -> None:
    facts = csv_facts(rows[1])

    assert tuple(facts) == tuple(csv_facts(rows[2])) == CSV_NAMES
    assert facts["mcnemar_p"] == 2 / 2**6
    assert set(csv_facts(rows[2]).values()) == {None}


def test_the_page_has_losses_changes_and_figures_of_the_recommended_row(rows: list[Row]) -> None:
    found = losses(rows)

    assert found is not None
    assert all(fact in found["sentences"][0] for fact in ("a_int8.tflite (litert)", "60.00 points lost"))
    assert [card["name"] for card in changes(rows)] == ["a_int8.tflite (litert)"]
    assert tiles(rows)[0][0] == "100.00%"
    assert losses(rows[2:]) is None
    assert tiles(rows[2:]) == []
