"""One picture that explains one photograph: what was found, what the network saw, what it made of it, and why."""

from __future__ import annotations

from pathlib import Path

from edge.artifact.decision_spec import DecisionSpec
from edge.classify.results import Decision, Prediction
from edge.sinks.images import drawing
from edge.sinks.images.drawing import MARGIN, MUTED, Image
from edge.sinks.images.image_file import require_writable, write_picture
from edge.sources.frame import Frame

_FRAME_HEIGHT, _FRAME_WIDTH, _PANEL_WIDTH = 560, 720, 420  # pixels
_EYE_EDGE = 224  # the network's view, enlarged: eight times 28
_LINE = 22  # pixels from one line of a sentence to the next
_BAR_STEP = drawing.BAR_HEIGHT + 8
_MOST_BARS = 10


class ExplainSink:
    """Draws the first frame and leaves the others alone (see `edge.sinks.protocol.Sink`)."""

    def __init__(self, path: Path, *, rule: DecisionSpec) -> None:
        """Remember where to write.

        Args:
            path: picture to write; its suffix names the format.
            rule: what the answer was judged by.

        Raises:
            ToolkitError: OpenCV can't write such a format.
            OSError: the folder can't be made or written to.
        """
        require_writable(path)
        self._path = path
        self._rule = rule
        self._is_written = False

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Draw and write the picture, once."""
        if not self._is_written:
            write_picture(self._path, draw_explanation(frame, prediction, decision, rule=self._rule))
            self._is_written = True

    def idle(self, decision: Decision) -> None:
        """Nothing is drawn where there is no frame."""

    def close(self) -> None:
        """Nothing is kept back."""


def draw_explanation(frame: Frame, prediction: Prediction, decision: Decision, *, rule: DecisionSpec) -> Image:
    """Draw one frame with all that led to its answer: uint8 BGR, shape (at least 560, 1140, 3)."""
    bars = prediction.top_k[:_MOST_BARS]
    sentence = drawing.wrapped(decision.reason, scale=0.5, room=_PANEL_WIDTH - 2 * MARGIN, most=4)
    eye_top = 70 + _LINE * len(sentence)
    bars_top = eye_top + _EYE_EDGE + 30
    height = max(_FRAME_HEIGHT, bars_top + _BAR_STEP * (1 + len(bars)) + 2 * _LINE)
    picture = drawing.blank(height, _FRAME_WIDTH + _PANEL_WIDTH)
    drawing.paste_frame(picture[:, :_FRAME_WIDTH], frame.image, prediction.outline, region=prediction.region)
    panel = picture[:, _FRAME_WIDTH:]
    drawing.draw_text(panel, decision.label, row=44, scale=1.2)
    for number, words in enumerate(sentence):
        drawing.draw_text(panel, words, row=72 + _LINE * number, scale=0.5)
    _draw_eye(panel, prediction, top=eye_top)
    _draw_bars(panel, prediction, rule, top=bars_top, most=len(bars))
    file_name = frame.source.rstrip("/").rpartition("/")[2]
    drawing.draw_text(panel, file_name, row=height - 14, scale=0.42, colour=MUTED)
    return picture


def _draw_eye(panel: Image, prediction: Prediction, *, top: int) -> None:
    """What the network saw, and beside it how long each stage took."""
    drawing.paste_pixels(panel[top : top + _EYE_EDGE, MARGIN : MARGIN + _EYE_EDGE], prediction.pixels)
    left = 2 * MARGIN + _EYE_EDGE
    height, width = prediction.pixels.shape
    lines = [f"{width}x{height} pixels,", "all that the", "network sees", ""]
    lines += [f"{stage} {latency_ns / 1e6:.2f} ms" for stage, latency_ns in prediction.latency_ns.items()]
    for number, words in enumerate(lines):
        drawing.draw_text(panel, words, row=top + 14 + _LINE * number, scale=0.46, colour=MUTED, left=left)


def _draw_bars(panel: Image, prediction: Prediction, rule: DecisionSpec, *, top: int, most: int) -> None:
    """How sure it is that there is something, and what; with the thresholds that were to be reached."""
    drawing.draw_bar(
        panel, top=top, label="something is there", value=prediction.presence_score, mark=rule.presence_threshold
    )
    mark = rule.threshold if rule.score == "probability" else None  # other scores have another scale
    for number, (label, probability) in enumerate(prediction.top_k[:most], start=1):
        drawing.draw_bar(panel, top=top + _BAR_STEP * number, label=label, value=probability, mark=mark)
