from benchmarks.columns import MISSING, Column, as_markdown, as_text, number

ROWS = [{"name": "a|b", "time": {"median_ns": 1_234_500}}, {"name": "<c>_", "time": None}]
COLUMNS = (
    Column("", "name", lambda row: row["name"], is_number=False),
    Column("", "ms", number("time.median_ns", scale=1e-6, digits=2)),
)


def test_text_without_groups_has_no_line_for_them() -> None:
    assert as_text(COLUMNS, ROWS).splitlines() == ["name    ms", "----------", "a|b   1.23", f"<c>_     {MISSING}"]


def test_text_with_groups_names_them_above() -> None:
    grouped = (COLUMNS[0], Column("frame to answer", "ms", COLUMNS[1].show))

    assert as_text(grouped, ROWS[:1]).splitlines()[:2] == ["      frame to answer", "name               ms"]


def test_markdown_escapes_what_it_would_read() -> None:
    assert as_markdown(COLUMNS, ROWS).splitlines() == [
        "| name | ms |",
        "| --- | --: |",
        "| a\\|b | 1.23 |",
        f"| &lt;c>\\_ | {MISSING} |",
    ]
