"""Ray Data: spreads chunks of items over worker processes and machines; the only file that imports ray."""

from __future__ import annotations

import contextlib
import io
import logging
import math
import os
import shutil
import signal
import socket
import tempfile
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge.bulk import arrow
from edge.bulk.worker import BulkClassifier, Job
from edge.errors import RuntimeMissingError, ToolkitError
from edge.system import atomic_file

try:
    import ray
    import ray.data
    from ray.exceptions import RayError
    from ray.util.annotations import RayDeprecationWarning
except ImportError as error:
    raise RuntimeMissingError(
        f"bulk classification can't be done ({error}): pip install 'edge-classify[bulk]'"
    ) from error

_LOGGER = logging.getLogger(__name__)

_STORE_BYTES = 256 * 2**20  # of Ray's objects in memory: listings and rows are small; more goes to the disk
_MOST_LOST = 8  # times that all workers may lose what they work on
_CONNECT_S = 10.0
_HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"  # RFC 9113, with empty settings
_SETTINGS = 4  # type of the frame that a server of HTTP/2, and so of gRPC, begins with
_LAST_PORT = 65535
_SESSION = "edge-ray-"  # beginning of a folder's name; short, for the names of sockets may have 107 bytes
_AHEAD = 2  # chunks that wait for each worker while it works
_SMALLER = 8  # parts that a chunk is divided into after its worker has died


class WorkerError(ToolkitError, RuntimeError):
    """Workers that end again and again, or can't begin."""


class Pool:
    """Workers of a cluster; made by `Pool.started`."""

    def __init__(self, workers: int, cpus: int) -> None:
        self.workers = workers
        self._cpus = cpus

    @classmethod
    @contextmanager
    def started(cls, *, workers: int | None, cpus: int, address: str | None, content_bytes: int = 0) -> Iterator[Pool]:
        """Start Ray on this machine, or join a cluster.

        Args:
            workers: processes that classify; None: as many as the CPUs allow.
            cpus: CPUs of each.
            address: HOST:PORT of a cluster's head, or auto; None: this machine alone.
            content_bytes: size of what each worker is sent.

        Raises:
            WorkerError: the cluster can't be joined, or has too few CPUs for one worker.
        """
        with _session_folder() as folder, _quiet():
            own: dict[str, Any] = {
                "num_cpus": (workers or max(1, (os.cpu_count() or 1) // cpus)) * cpus,
                "object_store_memory": _STORE_BYTES + 2 * content_bytes,
                "include_dashboard": False,
                "_temp_dir": folder,  # Ray's /tmp/ray may be another user's
            }
            try:
                if address and address != "auto":
                    _require_answer(address)
                with _signals_kept():
                    ray.init(address or "local", logging_level=logging.CRITICAL, log_to_driver=False,
                             **({} if address else own))  # fmt: skip
            except (RuntimeError, ValueError, OverflowError, OSError) as error:
                where = f"the cluster at {address} can't be joined" if address else "Ray can't start here"
                raise WorkerError(f"{where}: {_first_line(error)}") from error
            try:
                room = int(ray.cluster_resources().get("CPU", 0)) // cpus
                if not room:
                    raise WorkerError(f"the cluster has no machine with {cpus} CPUs for a worker: set --cpus lower")
                yield cls(min(workers or room, room), cpus)
            finally:
                ray.shutdown()

    def classify(self, job: Job, chunks: Sequence[arrow.Table]) -> Iterator[arrow.Table]:
        """Yield a table of rows for each chunk of items, in whatever order they are done; none is yielded twice.

        What a worker was on when it died is divided and done again. An image on whose own a worker dies has a row with
        an error.

        Raises:
            WorkerError: workers die on everything, or can't begin.
        """
        while chunks:
            is_single = all(len(chunk) == 1 for chunk in chunks)
            left = dict(enumerate(chunks))
            for rows in self._run(job, chunks, ahead=1 if is_single else _AHEAD):
                number = rows["chunk"][0].as_py()
                if left.pop(number, None) is not None:
                    yield rows.drop_columns("chunk")
            if left:
                images = sum(map(len, left.values()))
                _LOGGER.warning("a worker died: images that it had and that are classified again: %d", images)
            if is_single:
                for chunk in left.values():
                    yield self._alone(job, chunk)
                return
            chunks = [
                part for chunk in left.values() for part in arrow.chunks_of(chunk, math.ceil(len(chunk) / _SMALLER))
            ]

    def _alone(self, job: Job, chunk: arrow.Table) -> arrow.Table:
        """Return the row of an image that nothing else is done beside, for Ray sends more work to a dying worker."""
        (rows, *_) = [*self._run(job, [chunk], ahead=1), _died(job, chunk)]
        return rows.select(arrow.ROW_SCHEMA.names)

    def _run(self, job: Job, chunks: Sequence[arrow.Table], *, ahead: int) -> Iterator[arrow.Table]:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        context.max_errored_blocks = _MOST_LOST * ahead * self.workers
        numbered = [arrow.numbered_chunk(chunk, number) for number, chunk in enumerate(chunks)]
        pool = ray.data.ActorPoolStrategy(
            min_size=1, max_size=self.workers, initial_size=self.workers, max_tasks_in_flight_per_actor=ahead
        )
        with warnings.catch_warnings():
            # Ray 2.64 ends the only way to say that a dead worker isn't started again: by then see what took its place.
            warnings.simplefilter("ignore", RayDeprecationWarning)
            dataset = ray.data.from_arrow(numbered).map_batches(
                _Task,
                fn_constructor_args=(job,),
                batch_size=None,
                batch_format="pyarrow",
                num_cpus=self._cpus,
                compute=pool,
                # Nothing is tried again as it is: the pool starts another worker, and what a dead one had is divided.
                max_restarts=0,
                max_task_retries=0,
            )
        with _Failures() as failures:
            try:
                for rows in dataset.iter_batches(batch_size=None, batch_format="pyarrow"):
                    if len(rows):
                        yield rows
            except RayError as error:
                raise _worker_error(error) from error
        for failure in failures:
            if isinstance(failure.__cause__, ToolkitError):
                raise failure.__cause__


class _Task:
    """`BulkClassifier` as Ray Data calls it: the rows keep the number of their chunk."""

    def __init__(self, job: Job) -> None:
        self._classifier = BulkClassifier(job)

    def __call__(self, items: arrow.Table) -> arrow.Table:
        return arrow.numbered_chunk(self._classifier(items), items["chunk"][0].as_py())


class _Failures(logging.Handler):
    """Collects the exceptions that Ray Data goes on after; it tells them to its log alone."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._found: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the exception of a record."""
        if record.exc_info and record.exc_info[1]:
            self._found.append(record.exc_info[1])
            _LOGGER.debug("%s: %s", record.getMessage(), _first_line(record.exc_info[1]))

    def __enter__(self) -> list[BaseException]:
        logger = logging.getLogger("ray.data")
        self._before = logger.handlers[:], logger.propagate
        logger.handlers[:], logger.propagate = [self], False
        return self._found

    def __exit__(self, *_: object) -> None:
        logger = logging.getLogger("ray.data")
        logger.handlers[:], logger.propagate = self._before


def _died(job: Job, chunk: arrow.Table) -> arrow.Table:
    """Return the row of an image on which workers die; without a digest, so that the next call tries it again."""
    (item,) = arrow.items_of(chunk)
    row = {"path": item.path, "size": item.size, "mtime": item.mtime, "model_sha256": job.model_sha256,
           "spec_sha256": job.spec_sha256, "error": "the worker died on it: killed for memory, or crashed"}  # fmt: skip
    return arrow.rows_table([row])


def _worker_error(error: BaseException) -> ToolkitError:
    cause = error.__cause__
    if isinstance(cause, ToolkitError):
        return cause
    return WorkerError(
        f"workers die again and again ({_first_line(cause or error)}): what is done is kept; if memory is short, try "
        "fewer with --workers"
    )


def _first_line(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:300].strip().rstrip(".")


class _DebugLines(io.TextIOBase):
    """Stream whose text goes to the debug log."""

    def write(self, text: str) -> int:
        """Log the lines."""
        for line in text.splitlines():
            if line.strip():
                _LOGGER.debug("%s", line)
        return len(text)


@contextmanager
def _session_folder() -> Iterator[str]:
    """Yield a folder for Ray's sockets and logs; those of killed calls, which nobody locks any more, are removed."""
    for left in Path(tempfile.gettempdir()).glob(f"{_SESSION}*"):
        with contextlib.suppress(OSError):  # in use, another user's, or gone
            descriptor = atomic_file.lock(left)
            shutil.rmtree(left, ignore_errors=True)
            os.close(descriptor)
    with tempfile.TemporaryDirectory(prefix=_SESSION, ignore_cleanup_errors=True) as folder:
        descriptor = atomic_file.lock(Path(folder))
        try:
            yield folder
        finally:
            os.close(descriptor)


def _require_answer(address: str) -> None:
    """Connect once: Ray would try for minutes.

    Raises:
        OSError: nothing listens there, or nothing that speaks gRPC.
        ValueError: it is no HOST:PORT.
    """
    host, _, port = address.partition(":")
    if not 0 < int(port) <= _LAST_PORT:  # the C library takes 99999 for 34463
        raise ValueError(f"a port is a number from 1 to {_LAST_PORT}")
    with socket.create_connection((host, int(port)), _CONNECT_S) as connection:
        if os.environ.get("RAY_USE_TLS", "0") == "1":
            return
        with contextlib.suppress(OSError):  # it closes, or says nothing
            connection.sendall(_HTTP2_PREFACE)
            head = b""
            while len(head) < 9 and (more := connection.recv(9 - len(head))):  # length, type, flags, stream
                head += more
            if head[3:4] == bytes([_SETTINGS]) and not any(head[5:]):
                return
    raise OSError("what listens there isn't Ray: name the port of the cluster's head, 6379 unless it was set")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Ray's notices away from stdout, which is for results; a thread of its prints them there."""
    with contextlib.redirect_stdout(_DebugLines()):
        yield


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Put back the handler of SIGTERM, in whose place Ray sets its own."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, handler)
