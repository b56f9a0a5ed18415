"""The attack on one kind of command: kill it, look at every file, start it again, until it was killed often enough."""

from __future__ import annotations

import hashlib
import logging
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from edge.errors import ToolkitError
from tests.hardening.power_loss.killing import End, Moment, start, temporaries
from tests.hardening.power_loss.readers import lines_cut, trouble_with
from tests.hardening.power_loss.scenarios import KillScenario

_LOGGER = logging.getLogger(__name__)
_LOGS = (".csv", ".jsonl")  # which grow: their last line may be cut
_ATTEMPTS = 4  # for each kill: a command may end before its moment comes


@dataclass(slots=True)
class Tally:
    """Result."""

    kills: int = 0
    while_writing: int = 0
    """Kills that left a temporary file."""
    files: int = 0
    """Looked at, after every kill and every start that was left to end."""
    broken: list[str] = field(default_factory=list)
    """Files that were neither the old one nor the new one, or not whole."""
    starts: int = 0
    """Left to run to their end after a kill."""
    failed: list[str] = field(default_factory=list)
    """Starts that ended with an error."""
    temporaries: int = 0
    """Count of temporary files that the kills left."""
    strays: list[str] = field(default_factory=list)
    """Temporary things that were still there after the next start."""
    lines_cut: int = 0
    """Torn lines at the end of logs."""
    details: list[dict[str, Any]] = field(default_factory=list)
    """One object for each kill."""


class Attack:
    """Kills the commands of one scenario; `run` does all of it."""

    def __init__(self, scenario: KillScenario, *, seed: int) -> None:
        """Store the scenario and the seed of the moments."""
        self.tally = Tally()
        self._scenario = scenario
        self._random = Random(f"{seed} {scenario.kind}")  # noqa: S311  # not for secrets
        self._known: dict[str, set[str]] = defaultdict(set)  # of the exact files: SHA-256 of what they may be
        self._lives: dict[int, list[End]] = defaultdict(list)  # by the number of the call: those that were not killed

    def run(self, kills: int) -> Tally:
        """Measure how long the commands live, then kill them so often.

        Raises:
            ToolkitError: a command doesn't even work when nobody kills it.
        """
        scenario, tally = self._scenario, self.tally
        for number in range(len(scenario.calls)):
            self._start(number)
        if tally.failed or tally.broken or tally.strays:
            raise ToolkitError(
                f"{scenario.kind}: not even a plain start is right: {[*tally.failed, *tally.broken, *tally.strays]}"
            )
        for attempt in range(_ATTEMPTS * kills):
            if tally.kills >= kills:
                break
            number = attempt % len(scenario.calls)
            for _ in range(min(scenario.kills_in_a_row, kills - tally.kills)):
                self._kill(number)
            tally.starts += 1
            self._start(number)
        logs = (path for path in self._files() if path.suffix in _LOGS)
        tally.lines_cut = sum(map(lines_cut, logs))
        _LOGGER.info("%s: %d kills, %d files looked at", scenario.kind, tally.kills, tally.files)
        return tally

    def _kill(self, number: int) -> None:
        """Start the command and kill it at a moment of its life, or while it writes."""
        life = self._random.choice(self._lives[number])
        if life.writes and self._random.random() < 0.5:
            moment = Moment(write=self._random.randrange(life.writes))
        else:
            moment = Moment(after_s=self._random.random() * life.duration_s)
        call = self._scenario.calls[number]()
        before, older = self._remember(), temporaries(self._scenario.folder)
        end = start(call, moment)
        left = temporaries(self._scenario.folder) - older  # those of the kill before may be there still
        broken = self._look(before)
        if end.code is None:
            self.tally.kills += 1
            self.tally.while_writing += bool(left)
            self.tally.temporaries += len(left)
            self.tally.details.append(
                {
                    "kind": self._scenario.kind,
                    "call": number,
                    "write": moment.write,
                    "after_s": round(end.duration_s, 3),
                    "temporaries": len(left),
                    "broken": broken,
                }
            )
        else:
            self._judge(number, end)

    def _start(self, number: int) -> None:
        """Start the command and let it end; then there must be nothing but whole files."""
        call = self._scenario.calls[number]()
        before = self._remember()
        end = start(call)
        self._lives[number].append(end)
        self._judge(number, end)
        folder = self._scenario.folder
        others = {path for pattern in self._scenario.strays for path in folder.glob(pattern)}
        for path in temporaries(folder) | others:
            self.tally.strays.append(f"{self._scenario.kind}: {path.relative_to(folder)} was left behind")
            _LOGGER.warning(self.tally.strays[-1])
        for name in self._scenario.exact:
            if (folder / name).exists():
                self._known[name].add(_sha256(folder / name))
        self._look(before)

    def _judge(self, number: int, end: End) -> None:
        if end.code:
            self.tally.failed.append(f"{self._scenario.kind}, call {number}: exit code {end.code}: {end.sentence}")
            _LOGGER.warning(self.tally.failed[-1])

    def _files(self) -> list[Path]:
        """Return all finished files of the scenario."""
        folder = self._scenario.folder
        unfinished = temporaries(folder) | set(folder.glob("*-unfinished.*"))
        files = (path for path in folder.rglob("*") if path.is_file())
        return sorted(path for path in files if not unfinished & {path, *path.parents})

    def _remember(self) -> list[Path]:
        """Record the files before a start; the bytes of exact files count as right from then on."""
        files = self._files()
        for path in files:
            if (name := str(path.relative_to(self._scenario.folder))) in self._scenario.exact:
                self._known[name].add(_sha256(path))
        return files

    def _look(self, before: list[Path]) -> list[str]:
        """Look at every file; return what is wrong, which is counted too."""
        now = self._files()
        broken = []
        for path in sorted({*before, *now}):
            name = str(path.relative_to(self._scenario.folder))
            trouble = self._trouble(path, name)
            if trouble:
                broken.append(f"{self._scenario.kind}/{name}: {trouble}")
                _LOGGER.warning(broken[-1])
        self.tally.files += len(now)
        self.tally.broken += broken
        return broken

    def _trouble(self, path: Path, name: str) -> str:
        if not path.exists():
            return "" if re.fullmatch(self._scenario.may_go, name) else "it is gone"
        if name in self._scenario.exact and _sha256(path) not in self._known[name]:
            return "neither the old bytes nor the new ones"
        return trouble_with(path)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
