"""A machine made of files and answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from edge.doctor.host_probe import CommandResult, HostProbe

MakeProbe = Callable[..., HostProbe]


@pytest.fixture
def make_probe(tmp_path: Path) -> MakeProbe:
    """Make a machine: `files` below its root, `ran` the answers of commands by their first words, and fields."""

    def make(
        files: dict[str, str] | None = None,
        ran: dict[str, CommandResult] | None = None,
        installed: dict[str, str] | None = None,
        **fields: Any,
    ) -> HostProbe:
        for name, text in (files or {}).items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")

        def run(command: Sequence[str]) -> CommandResult | None:
            words = " ".join(command)
            return next((answer for part, answer in (ran or {}).items() if part in words), None)

        return HostProbe(root=tmp_path, run=run, installed=(installed or {}).get, **fields)

    return make
