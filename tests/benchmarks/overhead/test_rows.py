"""Ratios and limits, worked by hand."""

import pytest

from benchmarks.overhead.rows import GROWTH, LOOP, VIDEO, ratio_row, reading_row


def test_the_median_of_the_ratios_of_neighbours_counts() -> None:
    # 1200/1000, 2600/2000 and 500/400: the slow pair says the same as the quick ones.
    row = ratio_row(LOOP, [1200.0, 2600.0, 500.0], [1000.0, 2000.0, 400.0])

    assert (row["least"], row["figure"], row["largest"]) == (1.2, 1.25, 1.3)
    assert row["ours"] == pytest.approx([1.2, 2.6, 0.5])
    assert (row["unit"], row["limit_kind"], row["limit"], row["status"]) == ("µs", "at most", 1.3, "ok")


@pytest.mark.parametrize(("ours", "status"), [(1300.0, "ok"), (1301.0, "missed")])
def test_at_most(ours: float, status: str) -> None:
    assert ratio_row(LOOP, [ours], [1000.0])["status"] == status


@pytest.mark.parametrize(("ours", "status"), [(85.0, "ok"), (84.9, "missed")])
def test_at_least(ours: float, status: str) -> None:
    assert ratio_row(VIDEO, [ours], [100.0])["status"] == status


def test_both_sides_must_have_run_as_often() -> None:
    with pytest.raises(ValueError, match="zip"):
        ratio_row(LOOP, [1.0, 2.0], [1.0])


@pytest.mark.parametrize(("grown", "status"), [(-4096.0, "ok"), (2_000_000.0, "ok"), (2_004_096.0, "missed")])
def test_a_reading_without_a_counterpart(grown: float, status: str) -> None:
    row = reading_row(GROWTH, grown)
    assert (row["figure"], row["bare"], row["status"]) == (pytest.approx(grown / 1e6), [], status)
