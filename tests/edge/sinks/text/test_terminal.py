"""The exact text of a line; on a stream only changes, and a terminal that sees each frame."""

from __future__ import annotations

import io
from datetime import datetime, timezone
from typing import Any

import numpy as np
import pytest

from edge.classify.decision import decide_alone
from edge.classify.results import Decision, Prediction
from edge.sinks.text.terminal import ChangesSink, TerminalSink, line, runners_up
from edge.sources import Frame

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)


def frame(number: int = 7, *, true_label: str | None = None) -> Frame:
    """A frame of a file."""
    return Frame(np.zeros((2, 2, 3), np.uint8), number, "shirts/a.jpg", NOON, true_label=true_label)


def prediction(*ranked: tuple[str, float], label: str | None = None) -> Prediction:
    """A prediction that took 1.234 ms."""
    latency_ns = {"vision": 1_000_000, "invoke": 200_000, "decide": 34_000, "total": 1_234_000}
    pixels, outline = np.zeros((1, 1), np.uint8), np.zeros((0, 2), np.int32)
    top1 = ranked[0][1] if ranked else 0.0
    label = label or ranked[0][0]
    return Prediction(
        label, top1, ranked, latency_ns, pixels, np.zeros(3, np.float32), top1, 1.0, outline, "top1 below threshold"
    )


def text(shown: Frame, predicted: Prediction, **options: Any) -> str:
    """The whole line of a picture that is decided on its own."""
    decision = decide_alone(predicted, NOON)
    return line(shown, predicted, decision, **options) + runners_up(predicted, decision)


@pytest.mark.parametrize(
    ("shown", "predicted", "expected"),
    [
        (
            frame(),
            prediction(("Coat", 0.523), ("Shirt", 0.357), ("Pullover", 0.12)),
            "    7  Coat         52.3%    1.23 ms  shirts/a.jpg  (or Shirt 36%, Pullover 12%)",
        ),
        (
            frame(12345, true_label="Bag"),
            prediction(("Ankle boot", 1.0), ("Bag", 0.0)),
            "12345  Ankle boot  100.0%    1.23 ms  drawn: Bag",
        ),
        (
            frame(),
            prediction(("Bag", 0.99), ("Coat", 0.005), ("Dress", 0.0049)),
            "    7  Bag          99.0%    1.23 ms  shirts/a.jpg  (or Coat 0%)",
        ),
        (
            frame(),
            prediction(("Bag", 0.3), label="unknown"),
            "    7  unknown      30.0%    1.23 ms  shirts/a.jpg  (top1 below threshold: Bag 30%)",
        ),
        (
            frame(),
            prediction(label="nothing"),
            "    7  nothing       0.0%    1.23 ms  shirts/a.jpg  (top1 below threshold)",
        ),
    ],
    ids=["runners-up", "drawn, certain", "half a percent is the least that is named", "unknown", "nothing"],
)
def test_a_line_holds_number_label_probability_duration_and_source(
    shown: Frame, predicted: Prediction, expected: str
) -> None:
    assert text(shown, predicted) == expected


def test_labels_of_any_length_line_up() -> None:
    lines = [text(frame(), prediction((label, 0.5)), label_width=20) for label in ("Hut", "A name of twenty let")]
    assert {one.index("50.0%") for one in lines} == {7 + 20 + 2}


def test_every_line_is_flushed_at_once() -> None:
    flushed: list[str] = []

    class Pipe(io.StringIO):
        def flush(self) -> None:
            flushed.append(self.getvalue())

    sink = TerminalSink(Pipe(), label_width=5)
    for number in (1, 2):
        sink.write(frame(number), prediction(("Bag", 0.5)), decide_alone(prediction(("Bag", 0.5)), NOON))
    sink.close()
    assert [written.count("\n") for written in flushed[:2]] == [1, 2]
    assert flushed[0].split() == ["1", "Bag", "50.0%", "1.23", "ms", "shirts/a.jpg"]


HELD = "Bag held 3 of 3 frames"


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def show(sink: ChangesSink, *changes: bool) -> None:
    """A bag in each frame, decided anew where a change is due."""
    for number, changed in enumerate(changes):
        decision = Decision("Bag", 0.75, NOON, changed=changed, reason=HELD)
        sink.write(frame(number), prediction(("Coat", 0.5)), decision)
    sink.close()


def test_a_stream_is_a_line_a_change_with_its_reason() -> None:
    stream = io.StringIO()
    show(ChangesSink(stream, label_width=7), True, False, False, True)
    lines = [line.split(maxsplit=6) for line in stream.getvalue().splitlines()]
    assert [line[:3] for line in lines] == [["0", "Bag", "75.0%"], ["3", "Bag", "75.0%"]]
    assert {line[-1] for line in lines} == {f"({HELD})"}


def test_a_terminal_also_sees_the_newest_frame_in_its_last_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    stream = Terminal()
    show(ChangesSink(stream, label_width=7), True, False)
    erase = "\r\x1b[K"
    change = f"    0  Bag      75.0%    1.23 ms  shirts/a.jpg  ({HELD})\n"
    status = "    1  Bag      75.0%    1.23"  # one column short of what would wrap
    assert stream.getvalue() == erase + change + erase + status + erase


def stale(*, changed: bool) -> Decision:
    """The answer where there is no frame."""
    return Decision("stale", 0.0, NOON, changed=changed, reason="a read failed")


def test_becoming_stale_is_a_line_and_staying_so_only_a_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    for stream, after in ((io.StringIO(), ""), (Terminal(), "\r\x1b[K    -  stale  (a read failed)")):
        sink = ChangesSink(stream, label_width=11)
        sink.idle(stale(changed=True))
        first = stream.getvalue().removeprefix("\r\x1b[K")
        assert first == "    -  stale  (a read failed)\n"
        before = len(stream.getvalue())
        sink.idle(stale(changed=False))
        assert stream.getvalue()[before:] == after


def test_images_do_not_become_stale() -> None:
    stream = io.StringIO()
    TerminalSink(stream, label_width=11).idle(stale(changed=True))
    assert stream.getvalue() == ""
