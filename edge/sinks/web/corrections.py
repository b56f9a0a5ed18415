"""Corrections: frames of a run that a viewer of the page gives their true class."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from edge.artifact.spec import UNKNOWN_LABEL
from edge.datasets.class_names import folder_names
from edge.sinks.delivery import FailureLog
from edge.sinks.images.class_folders import CORRECTED, ClassFolders
from edge.sinks.text.jsonl import as_record
from edge.sinks.web.live_state import LiveFrame
from edge.sinks.web.server import Action, Answer
from edge.vision.region import Region

_MOST_FROZEN = 4  # frames in memory that viewers are looking at
_MOST_UNDONE = 1000  # corrections that can be taken back


class Corrections:
    """Freezes frames, and writes them with the class that a viewer names; called by one thread at a time."""

    def __init__(
        self,
        folder: Path,
        labels: Sequence[str],
        *,
        limit_bytes: int,
        model_sha256: str,
        region: Region | None = None,
        picture: Callable[[LiveFrame], bytes],
    ) -> None:
        """Make the folder.

        Args:
            folder: of the class folders.
            labels: of the model; `unknown` is added to them.
            limit_bytes: of all labelled images in the folder together; nothing is written beyond it.
            model_sha256: of the model, for the records.
            region: part of the frame that the model sees, and that is written; None: all of it.
            picture: returns a frame as a JPEG for the page.

        Raises:
            OSError: the folder can't be made or written to.
        """
        self.labels = (*labels, UNKNOWN_LABEL)
        """Classes that a frame can be given."""
        self.failures = FailureLog("corrections")
        self._names = folder_names(self.labels)
        self._folders = ClassFolders(folder, limit_bytes=limit_bytes, ending=CORRECTED)
        self._model_sha256 = model_sha256
        self._region = region
        self._picture = picture
        self._frozen: dict[int, LiveFrame] = {}  # by their numbers, oldest first
        self._changing = threading.Lock()
        self._written: list[Path] = []

    def actions(self, newest: Callable[[], LiveFrame | None]) -> Mapping[str, Action]:
        """Return what the page can ask for, by the paths of its routes; `newest` returns the frame in view."""
        return {
            "/corrections/freeze": lambda _: self._freeze(newest()),
            "/corrections/save": self._save,
            "/corrections/undo": self._undo,
        }

    def frozen_picture(self, parameters: Mapping[str, str]) -> bytes | None:
        """Return the JPEG of a frozen frame, by its number in `frame`; None: there is none any more."""
        live_frame = self._frozen_frame(parameters)
        return None if live_frame is None else self._picture(live_frame)

    def _freeze(self, live_frame: LiveFrame | None) -> Answer:
        """Keep the frame in view; the answer holds its number, its decision's label, and its likeliest classes."""
        if live_frame is None:
            return Answer(409, {"error": "there is no frame yet"})
        with self._changing:
            self._frozen[live_frame.number] = live_frame
            while len(self._frozen) > _MOST_FROZEN:
                self._frozen.pop(next(iter(self._frozen)))
        likely = [label for label, _ in live_frame.prediction.top_k]
        return Answer(200, {"frame": live_frame.number, "label": live_frame.decision.label, "likely": likely})

    def _save(self, parameters: Mapping[str, str]) -> Answer:
        """Write the frozen frame of number `frame` as an image of the class `label`."""
        label, live_frame = parameters.get("label", ""), self._frozen_frame(parameters)
        if label not in self._names:
            return Answer(400, {"error": f"the model has no class {label[:40]!r}: reload the page"})
        if live_frame is None:
            return Answer(409, {"error": "this frame isn't kept any more: take a newer one"})
        frame, prediction, decision = live_frame.frame, live_frame.prediction, live_frame.decision
        record = as_record(frame, prediction, decision, model_sha256=self._model_sha256)
        record["corrected"] = label
        image = frame.image if self._region is None else self._region.cut(frame.image)[0]
        try:
            self._written.append(self._folders.write(self._names[label], image, frame.time, record))
        except OSError as error:
            self.failures.dropped += 1
            self.failures.record_failure(error)
            return Answer(507, {"error": f"not saved: {self.failures.message}"})
        self.failures.record_success()
        del self._written[:-_MOST_UNDONE]
        with self._changing:
            self._frozen.pop(live_frame.number, None)
        return Answer(200, {"saved": label})

    def _undo(self, _: Mapping[str, str]) -> Answer:
        """Delete the newest correction of this run."""
        if not self._written:
            return Answer(409, {"error": "there is nothing to undo"})
        try:
            self._folders.remove(self._written[-1])
        except OSError as error:
            return Answer(507, {"error": f"not deleted: {error.strerror}"})
        self._written.pop()
        return Answer(200, {"left": len(self._written)})

    def _frozen_frame(self, parameters: Mapping[str, str]) -> LiveFrame | None:
        text = parameters.get("frame", "")
        with self._changing:
            return self._frozen.get(int(text)) if text.isdecimal() and len(text) < 20 else None
