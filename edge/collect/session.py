"""Rules by which frames become labelled images, and the state that the page shows; used by two threads."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from edge.collect.state import Burst, ClassCount, SessionState, ShownFrame
from edge.errors import FrameError, ToolkitError
from edge.images.near_copies import Look, is_near_copy, look_of
from edge.sinks.images.class_folders import ClassFolders
from edge.sources.frame import Frame
from edge.vision.region import Region

_LOGGER = logging.getLogger(__name__)
HOLD_S = 1.5
"""Seconds that a press lasts without word from the page: a phone that is out of reach saves nothing."""
_COMPARED = 300  # newest images of a class that a frame is compared with
_KEPT_BYTES = 2**27  # of images that undo shows again
_PRESSES = 64  # ended presses that are remembered, for their last words may come late


class _Saved(NamedTuple):
    path: Path
    look: Look


@dataclass
class _Press:
    name: str
    key: str
    until_s: float
    saved: list[_Saved] = field(default_factory=list)
    frame: Frame | None = None
    """Image that is shown again if the press is undone."""
    has_looked: bool = False
    """True once a frame was looked at: a short tap lasts until then."""
    is_undone: bool = False


class Session:
    """Saves frames while a class is held, at a limited rate and without near copies."""

    def __init__(
        self,
        folders: ClassFolders,
        counts: Mapping[str, int],
        *,
        interval_s: float,
        keeps_near_copies: bool = False,
        raises: bool = False,
        shows_again: bool = False,
        region: Region | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with nothing held.

        Args:
            folders: writes the images.
            counts: images that each class has already; its keys are the classes.
            interval_s: least seconds between two frames that are looked at.
            keeps_near_copies: False skips frames that look like an image of the same class and session.
            raises: False keeps an error for the page and goes on.
            shows_again: True for a source of single images, of which undo gives the last one back.
            region: part of the frame that is saved; None: all of it.
            clock: seconds, for presses.
        """
        self.newest: ShownFrame | None = None
        self.names = tuple(counts)
        self._folders = folders
        self._counts = dict(counts)
        self._interval_s = interval_s
        self._keeps_near_copies = keeps_near_copies
        self._raises = raises
        self._shows_again = shows_again
        self._undone: deque[Frame] = deque()
        self.region = region
        self._clock = clock
        self._presses: list[_Press] = []  # those with images, oldest first
        self._press: _Press | None = None
        self._ended: deque[str] = deque(maxlen=_PRESSES)
        self._last_s = float("-inf")
        self._near_copies = 0
        self._was_near_copy = False
        self._problem = ""
        self._is_passed = False
        self._changing = threading.Lock()  # held for moments
        self._writing = threading.Lock()  # held while the disk works

    def hold(self, name: str, key: str, *, for_s: float = HOLD_S) -> None:
        """Save frames as this class for some seconds from now; called again and again while a button is held.

        Args:
            name: of the class.
            key: of the press, any text; one that has ended is not begun again.
            for_s: seconds that it lasts.

        Raises:
            ValueError: there is no such class.
        """
        if name not in self._counts:
            raise ValueError(f"no class {name!r}: the session's are {', '.join(self.names)}; reload the page")
        with self._changing:
            if key in self._ended:
                return
            if self._press is None or self._press.key != key:
                self._end()
                self._press = _Press(name, key, 0.0)
                self._problem, self._was_near_copy = "", False
            self._press.until_s = self._clock() + for_s

    def release(self, key: str) -> None:
        """End a press; a short tap lasts until a frame was looked at."""
        with self._changing:
            if self._press is not None and self._press.key == key:
                if self._press.has_looked:
                    self._end()
                else:
                    self._ended.append(key)
            elif key not in self._ended:
                self._ended.append(key)

    def end_press(self) -> None:
        """End the press of this moment, if there is one; words of its button that come later change nothing."""
        with self._changing:
            self._end()

    def take(self, frame: Frame, *, moment_s: float) -> bool:
        """Show a frame, and save it if a class is held and it is time.

        Args:
            frame: the next one.
            moment_s: seconds by which the rate is limited: of the frame's capture, or of a video's own time.

        Returns:
            True if the frame was saved or is a near copy, so that the next one may come.

        Raises:
            ToolkitError: the region has no pixels in a frame of this size, or the limit is reached and the session
                raises.
            OSError: the image can't be written, and the session raises.
        """
        if self.newest is None or self.newest.frame is not frame:
            self.newest = ShownFrame(1 if self.newest is None else self.newest.number + 1, frame)
        with self._changing:
            press = self._press
            if press is None or (self._clock() >= press.until_s):
                return False
            if 0 <= moment_s - self._last_s < self._interval_s:
                return False
            self._last_s = moment_s
        is_taken = self._save(frame, press)
        with self._changing:
            press.has_looked = True
            if press is self._press and press.key in self._ended:  # released meanwhile
                self._press = None
        return is_taken

    def undo(self) -> Burst | None:
        """Delete the images of the newest press, and end it; None: there is none.

        Raises:
            OSError: an image can't be deleted; those that could are gone.
        """
        with self._changing:
            self._end()
            self._problem, self._was_near_copy = "", False
        with self._writing:
            if not self._presses:
                return None
            press = self._presses[-1]
            press.is_undone = True
            images = len(press.saved)
            while press.saved:
                self._folders.remove(press.saved[-1].path)
                press.saved.pop()
                self._counts[press.name] -= 1
            self._presses.pop()
            if press.frame is not None:
                self._undone.append(press.frame)
            return Burst(press.name, images)

    def undone_frame(self) -> Frame | None:
        """Return the image of a press that was undone, once; None: there is none."""
        return self._undone.popleft() if self._undone else None

    def pass_on(self) -> None:
        """Leave the frame that a source of single images shows, for the next one."""
        self._is_passed = True

    def was_passed(self) -> bool:
        """Return True once after `pass_on`."""
        is_passed, self._is_passed = self._is_passed, False
        return is_passed

    @property
    def added(self) -> int:
        """Number of images that were saved and not undone."""
        return sum(len(press.saved) for press in list(self._presses))

    def state(self) -> SessionState:
        """Return the state of this moment; never waits for the disk."""
        press, presses = self._press, self._presses[-1:]
        added = dict.fromkeys(self.names, 0)
        for each in list(self._presses):
            added[each.name] += len(each.saved)
        is_held = press is not None and self._clock() < press.until_s
        return SessionState(
            classes=tuple(ClassCount(name, self._counts[name], added[name]) for name in self.names),
            held=press.name if press is not None and is_held else "",
            near_copies=self._near_copies,
            is_near_copy=self._was_near_copy,
            last=Burst(presses[0].name, len(presses[0].saved)) if presses else None,
            used_bytes=self._folders.used_bytes,
            limit_bytes=self._folders.limit_bytes,
            problem=self._problem,
        )

    def _save(self, frame: Frame, press: _Press) -> bool:
        image = frame.image if self.region is None else self.region.cut(frame.image)[0]
        if not image.size:
            height, width = frame.image.shape[:2]
            raise FrameError(f"--roi has no pixels in a frame of {width}x{height}: move it, or leave it out")
        look = look_of(image)
        with self._writing:
            if press.is_undone:
                return False
            if not self._keeps_near_copies and is_near_copy(look, self._looks(press.name)):
                self._near_copies += 1
                self._was_near_copy, self._problem = True, ""
                return True
            try:
                path = self._folders.write(press.name, image, frame.time)
            except OSError as error:
                if self._raises:
                    raise
                self._fail(error)
                return False
            if not press.saved:
                self._presses.append(press)
            press.saved.append(_Saved(path, look))
            self._keep(press, frame)
            self._counts[press.name] += 1
            self._was_near_copy, self._problem = False, ""
            return True

    def _keep(self, press: _Press, frame: Frame) -> None:
        """Keep an image for undo, and as many of those before it as memory allows."""
        if not self._shows_again:
            return
        press.frame = frame
        size_bytes = 0
        for each in reversed(self._presses):
            size_bytes += each.frame.image.nbytes if each.frame is not None else 0
            if size_bytes > _KEPT_BYTES and each is not press:
                each.frame = None

    def _looks(self, name: str) -> Sequence[Look]:
        newest = (press for press in reversed(self._presses) if press.name == name)
        return list(islice((saved.look for press in newest for saved in reversed(press.saved)), _COMPARED))

    def _fail(self, error: OSError) -> None:
        """Keep the reason for the page, and log it unless it is the one before."""
        is_ours = isinstance(error, ToolkitError)
        problem = str(error) if is_ours else f"{error.filename}: {error.strerror}; make room or choose another folder"
        if problem != self._problem:
            _LOGGER.warning("not saved: %s", problem)
        self._problem = problem

    def _end(self) -> None:
        if self._press is not None:
            self._ended.append(self._press.key)
            self._press = None
