"""One call of bulk classification: listing, what is to be done, workers, parts, summary."""

from __future__ import annotations

import logging
import math
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edge.artifact.embed import embed_spec
from edge.artifact.input_spec import ModelOptions
from edge.bulk import arrow
from edge.bulk.items import Item
from edge.bulk.listing import Archive, plain_path
from edge.bulk.reading import read_items
from edge.bulk.store import Store, describe, spec_sha256
from edge.bulk.summary import Summary, draw_sheet, summarize
from edge.bulk.worker import Job
from edge.classify.classifier import Classifier
from edge.errors import ConfigError, FrameError, SpecError
from edge.images.decode import decode_image
from edge.system import atomic_file

if TYPE_CHECKING:
    from types import ModuleType

    from edge.artifact.trust import TrustPolicy
    from edge.bulk.config import BulkConfig

_LOGGER = logging.getLogger(__name__)

_CHUNK_S = 2.0  # of a worker's time: long against what spreading it costs, short against the bar
_MOST_IN_A_CHUNK = 256
_CHUNKS_A_WORKER = 8  # at least, so that no worker ends long before the others
_DECODE_S = 0.005  # for reading and decoding an image, roughly: answers don't depend on it
_JOIN_ATTEMPTS = "2"  # of Ray, each of 40 s; by itself it makes 20 before it says that a port isn't a cluster's
_PROGRESS_S = 30.0  # between two lines where there is no terminal for a bar
_SHEET_EDGE = 560  # pixels that the sheet needs of an image, twice what it shows


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of one call."""

    folder: Path
    """Folder of the model's rows."""
    listed: int
    """Images that the inputs name, up to the limit."""
    classified: int
    """Images of these that had no row before."""
    unreadable: int
    """Parquet files that can't be read, whose images aren't among these."""
    images_per_s: float
    """Rate of this call, once each worker has begun; 0: nothing was to be done."""
    summary: Summary
    """Counts of all rows in the folder."""
    sheet: Path | None
    """Picture of the least certain images; None: there are none."""


def classify_archive(config: BulkConfig, policy: TrustPolicy | None = None) -> Outcome:
    """Classify the images of an archive that have no row yet.

    Raises:
        ToolkitError: the model, an input or the folder can't be used, or workers die again and again; parts stay.
        OSError: the folder can't be written; finished parts stay.
    """
    classifier = _load(config, policy)
    archive = Archive(column=config.column, exclude=plain_path(config.out))
    listing = arrow.items_table(archive.items(config.inputs))
    if config.limit is not None:
        listing = arrow.evenly(listing, config.limit)
    job = replace(_job_of(config, classifier), filesystems=archive.filesystems)
    with Store.opened(config.out, describe(job, classifier.spec)) as store:
        pending = store.pending(listing)
        _LOGGER.info("%d images, %d of them to classify, into %s", len(listing), len(pending), store.folder)
        rate = _classify(config, classifier, job, pending, store) if len(pending) else 0.0
        summary = summarize(store.parts())
        sheet = store.sheet if _write_sheet(summary, job, store.sheet) else None
    return Outcome(store.folder, len(listing), len(pending), len(archive.unreadable), rate, summary, sheet)


def _load(config: BulkConfig, policy: TrustPolicy | None) -> Classifier:
    """Load the model here too, so that what is wrong with it is said before a worker starts."""
    try:
        classifier = Classifier.load(
            config.model, runtime=config.runtime, options=config.model_options, policy=policy
        )  # fmt: skip
    except SpecError as error:
        if config.model_options == ModelOptions():
            raise
        raise ConfigError(str(error)) from error  # what the flags say doesn't fit the file
    if config.threshold is None:
        return classifier
    try:
        return classifier.with_decision(replace(classifier.spec.decision, threshold=config.threshold))
    except SpecError as error:  # a threshold whose range depends on the model's score
        raise ConfigError(str(error)) from error


def _job_of(config: BulkConfig, classifier: Classifier) -> Job:
    artifact, spec = classifier.artifact, classifier.spec
    return Job(
        name=artifact.path.name,
        content=embed_spec(artifact, artifact.path.read_bytes(), spec),
        model_sha256=artifact.sha256,
        spec_sha256=spec_sha256(spec),
        runtime=classifier.runtime.name,
        threads=config.cpus,
        top_k=config.top_k,
        roi=config.roi,
        column=config.column,
    )


def _classify(config: BulkConfig, classifier: Classifier, job: Job, pending: arrow.Table, store: Store) -> float:
    """Spread the items over workers and keep their rows; return images a second, once each worker has begun."""
    engine = _engine(config.address)
    with engine.Pool.started(workers=config.workers, cpus=config.cpus, address=config.address,
                             content_bytes=len(job.content)) as pool:  # fmt: skip
        size = chunk_size(_image_s(classifier), len(pending), pool.workers)
        _LOGGER.info("%s, workers: %d", "joined the cluster" if config.address else "Ray was started", pool.workers)
        with _progress(len(pending), quiet=config.quiet) as note:
            rate = _collect(pool.classify(job, arrow.chunks_of(pending, size)), store, note, first=pool.workers)
        store.flush()
    return rate


def _engine(address: str | None) -> ModuleType:
    """Import Ray, which reads its environment then: no report to its makers, and a token of its own on this machine.

    It listens on all addresses, and runs what whoever connects asks for. A cluster is guarded as its owner set it up.
    """
    settings = {"RAY_USAGE_STATS_ENABLED": "0"}
    if address is None and "ray" not in sys.modules:
        settings |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex()}
    if address is not None:
        settings["RAY_gcs_server_port_wait_time_s"] = _JOIN_ATTEMPTS
    for name, value in settings.items():
        os.environ.setdefault(name, value)
    from edge.bulk import engine

    return engine


def _collect(tables: Iterable[arrow.Table], store: Store, note: Callable[[int], None], *, first: int) -> float:
    """Keep rows; return images a second after the `first` tables, in whose time workers load the model."""
    begun_s = time.monotonic()
    started_s, started, done = begun_s, 0, 0
    for number, rows in enumerate(tables, start=1):
        store.add(rows)
        note(len(rows))
        done += len(rows)
        if number == first:
            started_s, started = time.monotonic(), done
    now_s = time.monotonic()
    return (done - started) / (now_s - started_s) if done > started else done / (now_s - begun_s)


def chunk_size(image_s: float, images: int, workers: int) -> int:
    """Return the images of a chunk: about two seconds of work, and several chunks for each worker."""
    by_time = round(_CHUNK_S / image_s)
    by_workers = math.ceil(images / (_CHUNKS_A_WORKER * workers))
    return max(1, min(by_time, by_workers, _MOST_IN_A_CHUNK))


def _image_s(classifier: Classifier) -> float:
    """Return the seconds that an image takes about: of the network's second run, and of decoding."""
    spec = classifier.spec.input
    pixels = np.zeros((spec.height, spec.width, 3)[: 2 + (spec.channels == 3)], np.uint8)
    classifier.model.scores(pixels)
    begun_s = time.perf_counter()
    classifier.model.scores(pixels)
    return time.perf_counter() - begun_s + _DECODE_S


@contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Show a bar with rate and time left on a terminal, elsewhere a line every half minute."""
    from tqdm import tqdm
    from tqdm.contrib.logging import logging_redirect_tqdm

    has_bar = sys.stderr.isatty() and not quiet
    bar = tqdm(total=total, disable=not has_bar, unit=" images", unit_scale=total >= 100_000, dynamic_ncols=True)
    begun_s = said_s = time.monotonic()
    done = 0

    def note(images: int) -> None:
        nonlocal said_s, done
        done += images
        bar.update(images)
        now_s = time.monotonic()
        if not has_bar and now_s - said_s >= _PROGRESS_S:
            said_s, rate = now_s, done / (now_s - begun_s)
            _LOGGER.info("%d of %d images, %.1f a second, %.0f s left", done, total, rate, (total - done) / rate)

    with bar, logging_redirect_tqdm(loggers=[logging.getLogger("edge")] if has_bar else []):
        yield note


def _write_sheet(summary: Summary, job: Job, path: Path) -> bool:
    """Draw the images that the model is least certain of; return False if there are none."""
    if not summary.least_certain:
        path.unlink(missing_ok=True)
        return False
    import cv2

    items = sorted((Item.at(row["path"]) for row in summary.least_certain), key=lambda item: (item.container, item.row))
    contents = {item.path: content for item, content in read_items(items, job.filesystems, column=job.column)}
    pictures = [_decoded(contents[row["path"]]) for row in summary.least_certain]
    _, encoded = cv2.imencode(".png", draw_sheet(summary.least_certain, pictures))
    atomic_file.write_bytes(path, encoded.tobytes())
    return True


def _decoded(content: bytes | str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]] | None:
    try:
        return None if isinstance(content, str) else decode_image(content, least=_SHEET_EDGE)
    except FrameError:
        return None
