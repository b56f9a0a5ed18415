"""The picture that explains one photograph: all that it must say, and that nothing makes it fail."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.artifact.decision_spec import DecisionSpec
from edge.classify.decision import decide_alone
from edge.classify.results import Prediction
from edge.errors import ToolkitError
from edge.sinks.images.explain import ExplainSink, draw_explanation
from edge.sources import Frame

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
RULE = DecisionSpec(threshold=0.7)
REASON = "top1 0.62 below threshold 0.70"


def frame(*shape: int, grey: int = 90) -> Frame:
    """A grey frame."""
    return Frame(np.full(shape or (30, 40, 3), grey, np.uint8), 0, "photos/shirt.jpg", NOON)


def prediction(label: str = "unknown", *, classes: int = 3, reason: str = REASON) -> Prediction:
    """A prediction of something that looks like a coat."""
    ranked = tuple((f"Coat {number}", 0.62 / 2**number) for number in range(classes))
    outline = np.array([(4, 4), (30, 4), (30, 20)], np.int32)
    latency_ns = {"vision": 1_500_000, "invoke": 250_000, "decide": 50_000, "total": 1_800_000}
    pixels = np.full((28, 28), 255, np.uint8)
    return Prediction(label, 0.62, ranked, latency_ns, pixels, np.zeros(3, np.float32), 0.62, 0.9, outline, reason)


def explained(shown: Frame, predicted: Prediction, rule: DecisionSpec = RULE) -> np.ndarray:
    """The picture."""
    return draw_explanation(shown, predicted, decide_alone(predicted, NOON), rule=rule)


def test_it_says_what_why_and_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr("edge.sinks.images.drawing.draw_text", lambda panel, text, **_: written.append(text))
    explained(frame(), prediction())
    assert written[:2] == ["unknown", REASON]
    assert {"vision 1.50 ms", "invoke 0.25 ms", "decide 0.05 ms", "total 1.80 ms"} <= set(written)
    assert {"something is there", "90%", "Coat 0", "62%", "Coat 1", "31%", "Coat 2"} <= set(written)
    assert written[-1] == "shirt.jpg"


@pytest.mark.parametrize(
    ("rule", "marks"),
    [(RULE, [0.1, 0.7, 0.7]), (DecisionSpec(score="margin", threshold=0.2), [0.1, None, None])],
    ids=["probability", "a score that has no bar"],
)
def test_thresholds_are_marked_where_they_apply(
    monkeypatch: pytest.MonkeyPatch, rule: DecisionSpec, marks: list[float | None]
) -> None:
    seen: list[float | None] = []
    monkeypatch.setattr("edge.sinks.images.drawing.draw_bar", lambda panel, *, mark=None, **_: seen.append(mark))
    explained(frame(), prediction(classes=2), rule)
    assert seen == marks


def test_the_frame_is_on_the_left_with_its_outline_and_the_network_s_view_on_the_right() -> None:
    picture = explained(frame(560, 720, 3), prediction())
    assert picture.shape == (560, 1140, 3)
    assert (picture[300:, :700] == 90).all()
    assert not (picture[:60, :60] == 90).all()  # the outline
    assert (picture[100:300, 740:950] == 255).all()


@pytest.mark.parametrize(
    "shape", [(1, 1, 3), (28, 28, 3), (28, 28), (9, 2000, 3), (2000, 9, 4), (4000, 5000, 3)], ids=str
)
def test_any_frame_can_be_explained(shape: tuple[int, ...]) -> None:
    assert explained(frame(*shape), prediction()).shape == (560, 1140, 3)


def test_long_labels_reasons_and_many_classes_have_room() -> None:
    predicted = prediction("A label that goes on " * 9, classes=256, reason="because of this and that " * 40)
    picture = explained(frame(), predicted)
    assert picture.shape[0] > 560
    assert (picture[:, -6:] == picture[0, -1]).all()  # nothing reaches the edge


def test_nothing_can_be_explained() -> None:
    nowhere = np.zeros((0, 2), np.int32)
    nothing = prediction("nothing", classes=0, reason="nothing stands out")._replace(
        presence_score=0.0, outline=nowhere
    )
    assert explained(frame(), nothing).shape == (560, 1140, 3)


def test_the_first_frame_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "why.png"
    sink = ExplainSink(path, rule=RULE)
    for grey in (90, 200):
        sink.write(frame(560, 720, 3, grey=grey), prediction(), decide_alone(prediction(), NOON))
    sink.close()
    image = cv2.imread(str(path))
    assert image is not None
    assert (image[300:, :700] == 90).all()


def test_a_picture_that_can_not_be_written_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ToolkitError, match="its name must end in"):
        ExplainSink(tmp_path / "why.txt", rule=RULE)
