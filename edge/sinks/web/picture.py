"""The live picture as a JPEG: the newest frame with the outline of what was found in it."""

from __future__ import annotations

import cv2

from edge.sinks.images import drawing
from edge.sinks.web.live_state import LiveFrame

LONGEST_EDGE = 960  # pixels: a phone's width twice over; larger frames would cost encoding and airtime
_QUALITY = 80


def encode_picture(live_frame: LiveFrame) -> bytes:
    """Return the JPEG of a live_frame, not enlarged."""
    height, width = live_frame.frame.image.shape[:2]
    scale = min(1.0, LONGEST_EDGE / max(height, width))
    picture = drawing.blank(max(1, round(height * scale)), max(1, round(width * scale)))
    drawing.paste_frame(picture, live_frame.frame.image, live_frame.prediction.outline)
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return bytes(encoded)
