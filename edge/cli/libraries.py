"""Environment that numpy and OpenCV read when they are imported, set before they are."""

from __future__ import annotations

import os

from edge.images import limits


def prepare_libraries() -> None:
    """Set the environment variables that libraries read when they are imported, as --roi does."""
    defaults = {
        # numpy would start a thread for each core at its import; its products here are 16 by 256 numbers.
        "OPENBLAS_NUM_THREADS": "1",
        # OpenCV shrinks large images first; a video's decoder has threads of its own.
        "OPENCV_FOR_THREADS_NUM": "1",
        "OPENCV_LOG_LEVEL": "FATAL",  # our own messages suffice
        "OPENCV_FFMPEG_LOGLEVEL": "8",  # FFmpeg's AV_LOG_FATAL
    }
    for name, value in defaults.items():
        if not os.environ.get(name):  # OpenCV ends the process if one is set but empty
            os.environ[name] = value
    limits.limit_opencv()
