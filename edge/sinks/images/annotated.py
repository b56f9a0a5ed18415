"""A frame as people want to see it go by: outlined, with the answer in a line below; always of the same size."""

from __future__ import annotations

from dataclasses import dataclass

from edge.classify.results import KNOWN_STATE, Decision, Prediction
from edge.sinks.images import drawing
from edge.sinks.images.drawing import MARGIN, MUTED, Colour, Image
from edge.sources.frame import Frame

_CAPTION_HEIGHT = 56  # pixels
_LONGEST_EDGE = 1280  # pixels; what is larger is scaled down
_SHORTEST_EDGE = 240  # pixels; what is smaller is scaled up, so that the caption can be read
_OTHER: Colour = (120, 180, 250)  # of answers that name no class


@dataclass(frozen=True, slots=True)
class Canvas:
    """The size of the frame's place, in pixels; the caption comes on top."""

    height: int
    width: int

    @classmethod
    def of(cls, image: Image) -> Canvas:
        """A place for such frames, even in both directions, as most codecs want it."""
        rows, columns = image.shape[:2]
        scale = min(_LONGEST_EDGE / max(rows, columns), max(1.0, _SHORTEST_EDGE / max(rows, columns)))
        return cls(max(2, round(rows * scale / 2) * 2), max(_SHORTEST_EDGE, round(columns * scale / 2) * 2))

    def draw(self, frame: Frame, prediction: Prediction, decision: Decision) -> Image:
        """Draw a frame; one of another shape gets bars at its sides.

        Returns:
            uint8 BGR, shape (height + 56, width, 3).
        """
        picture = drawing.blank(self.height + _CAPTION_HEIGHT, self.width)
        drawing.paste_frame(picture[: self.height], frame.image, prediction.outline)
        self.caption(picture, decision)
        return picture

    def caption(self, picture: Image, decision: Decision) -> None:
        """Write the answer, and why, below a picture of this canvas."""
        below = picture[self.height :]
        below[:] = drawing.BACKGROUND
        is_known = decision.state == KNOWN_STATE
        answer = f"{decision.label}  {decision.probability:.0%}" if is_known else decision.label
        drawing.draw_text(below, answer, row=24, scale=0.7, colour=drawing.TEXT if is_known else _OTHER, left=MARGIN)
        drawing.draw_text(below, decision.reason, row=45, scale=0.42, colour=MUTED, left=MARGIN)
