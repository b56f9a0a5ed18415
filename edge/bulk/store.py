"""Output folder of one model and specification: whole Parquet parts, of which the next call goes on.

`OUT/MODEL-DIGEST/part-000000.parquet`, and beside that folder its description, MODEL-DIGEST.json. The digest is that of
all that rows depend on, so that another model, threshold or setting begins a folder of its own. A row says which file
it is of: path, size, time and SHA-256. A file with another size or time replaces its row; one that could not be read is
tried again. One process writes into a folder.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edge import __version__
from edge.artifact.spec import ModelSpec
from edge.bulk import arrow
from edge.bulk.worker import Job
from edge.errors import ConfigError, DatasetError
from edge.system import atomic_file

_LOGGER = logging.getLogger(__name__)

ROWS_OF_A_PART = 1000
LONGEST_S = 30.0
"""Seconds after which a part is written that is smaller."""

_SCHEMA_VERSION = 1
_PART = re.compile(r"part-(\d{6,})\.parquet")
_DIGITS = 12  # of the digest in a folder's name


def spec_sha256(spec: ModelSpec) -> str:
    """Return the digest of a specification, hexadecimal; the file's own digest covers its network."""
    facts = {**asdict(spec), "network_sha256": ""}
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def describe(job: Job, spec: ModelSpec) -> dict[str, Any]:
    """Return the description of a model's folder: what rows depend on, and what else is good to know."""
    roi = job.roi and [job.roi.x, job.roi.y, job.roi.width, job.roi.height]
    identity = {"model_sha256": job.model_sha256, "spec_sha256": job.spec_sha256, "top_k": job.top_k, "roi": roi,
                "runtime": job.runtime, "column": job.column}  # fmt: skip
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
    return {
        "schema_version": _SCHEMA_VERSION,
        "digest": digest,
        "model": job.name,
        **identity,
        "edge_classify": __version__,
        "spec": asdict(spec),
    }


class Store:
    """Parts of one model's folder; made by `Store.opened`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sheet = beside(folder, ".png")
        """Picture of the least certain images."""
        self._waiting: list[arrow.Table] = []
        self._begun_s = time.monotonic()
        self._next = 1 + max((int(path.stem.removeprefix("part-")) for path in self.parts()), default=-1)

    @classmethod
    @contextmanager
    def opened(cls, out: Path, description: dict[str, Any]) -> Iterator[Store]:
        """Open the folder for a model below `out`, alone; rows that wait are written at the end, however it comes.

        Raises:
            ConfigError: `out` is no folder, that of one model, or in use by another call.
            OSError: it can't be written.
        """
        if out.exists() and not out.is_dir():
            raise ConfigError(f"--out {out} is a file: name a folder")
        if out.is_dir() and any(map(_is_part, out.iterdir())):
            raise ConfigError(f"--out {out} holds the rows of one model: name the folder above it, {out.parent}")
        folder = out / f"{Path(description['model']).stem}-{description['digest'][:_DIGITS]}"
        folder.mkdir(parents=True, exist_ok=True)
        for each in (out, folder):
            atomic_file.sweep(each)
        with atomic_file.locked(out / f".{folder.name}.lock", waits=False) as is_ours:
            if not is_ours:
                raise ConfigError(f"another call writes into {folder}: wait for its end, or name another --out")
            _keep_description(beside(folder, ".json"), description)
            others = sorted(each.name for each in out.iterdir() if each != folder and beside(each, ".json").is_file())
            if others:
                _LOGGER.info("%s also holds rows of %s: they stay, and are not mixed", out, ", ".join(others))
            store = cls(folder)
            try:
                yield store
            finally:
                store.flush()

    def parts(self) -> list[Path]:
        """List the finished parts, the oldest first."""
        return sorted(path for path in self.folder.iterdir() if _is_part(path))

    def pending(self, listing: arrow.Table) -> arrow.Table:
        """Return the items that have no row; rows of files that have changed since are removed.

        Raises:
            DatasetError: a part is damaged.
        """
        paths = self.parts()
        columns = ("path", "size", "mtime", "sha256")
        standing = arrow.compare(listing, [arrow.read_part(path, columns) for path in paths])
        for number, changed in standing.replaced.items():
            self._remove(paths[number], changed)
        return standing.pending

    def _remove(self, part: Path, paths: Sequence[str]) -> None:
        rest = arrow.without(arrow.read_part(part), paths)
        if len(rest):
            with atomic_file.replacing(part) as temporary:
                arrow.write_part(rest, temporary)
        else:
            part.unlink()

    def add(self, rows: arrow.Table) -> None:
        """Take in rows; a part is written once there are enough, or some time has passed."""
        self._waiting.append(rows)
        is_due = time.monotonic() - self._begun_s >= LONGEST_S
        if is_due or sum(map(len, self._waiting)) >= ROWS_OF_A_PART:
            self.flush()

    def flush(self) -> None:
        """Write the rows that wait as a part, whole or not at all."""
        rows, self._waiting = arrow.concatenated(self._waiting), []
        self._begun_s = time.monotonic()
        if not len(rows):
            return
        with atomic_file.replacing(self.folder / f"part-{self._next:06d}.parquet") as temporary:
            arrow.write_part(rows, temporary)
        self._next += 1


def beside(folder: Path, suffix: str) -> Path:
    """Return the file that is called like a folder: in the folder itself, readers of Parquet would stumble over it."""
    return folder.parent / f"{folder.name}{suffix}"


def _is_part(path: Path) -> bool:
    return _PART.fullmatch(path.name) is not None


def _keep_description(path: Path, description: dict[str, Any]) -> None:
    """Write the description, or compare it with the one that is there.

    Raises:
        DatasetError: it is damaged, or of another digest.
    """
    if not path.exists():
        atomic_file.write_text(path, json.dumps(description, indent=1, ensure_ascii=False) + "\n")
        return
    try:
        known = json.loads(path.read_text(encoding="utf-8"))["digest"]
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"{path} can't be read: remove it if this is the folder of {description['model']}"
        ) from error
    if known != description["digest"]:
        raise DatasetError(f"{path} is of another model: name another --out")
