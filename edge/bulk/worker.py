"""Classification of listed images in a process of their own: batch in, rows out. Knows nothing of what starts it."""

from __future__ import annotations

import hashlib
import math
import tempfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge import __version__
from edge.bulk import arrow
from edge.cli.libraries import prepare_libraries
from edge.errors import FrameError, ModelFileError, RuntimeMissingError

if TYPE_CHECKING:
    from edge.bulk.items import Item
    from edge.bulk.reading import ImageReader
    from edge.classify.classifier import Classifier
    from edge.classify.results import Prediction
    from edge.vision.region import Region


@dataclass(frozen=True)
class Job:
    """Model, settings and file systems: all that a process on any machine needs to classify images."""

    name: str
    """File name of the model."""
    content: bytes
    """Model file with the specification in effect inside, so that no flag has to follow it."""
    model_sha256: str
    """Digest of the file that the user named."""
    spec_sha256: str
    """Digest of the specification in effect."""
    runtime: str
    """One of `edge.runtimes.RUNTIMES`, the same on all machines."""
    threads: int = 1
    """Threads of the runtime: the CPUs of a worker."""
    top_k: int = 3
    roi: Region | None = None
    column: str | None = None
    """Column of Parquet files; see `edge.bulk.parquet_images`."""
    filesystems: dict[str, arrow.FileSystem] = field(default_factory=dict)
    """Scheme and bucket -> file system."""
    version: str = __version__


class BulkClassifier:
    """Classifies tables of items; loads its model with the first one, once in each process.

    It can be pickled, and needs no engine: `BulkClassifier(job)(table)` runs here.
    """

    def __init__(self, job: Job) -> None:
        """Store the job; the model isn't loaded yet."""
        self._job = job
        self._classifier: Classifier | None = None
        self._least: int | None = None
        self._reader: ImageReader | None = None

    def __call__(self, items: arrow.Table) -> arrow.Table:
        """Classify images.

        Args:
            items: of `arrow.ITEM_SCHEMA`; further columns are ignored.

        Returns:
            A row of `arrow.ROW_SCHEMA` for each item, in their order.

        Raises:
            RuntimeMissingError: the runtime isn't installed on this machine, or another version of this program is.
            ModelFileError: the model can't be loaded on this machine.
        """
        classifier = self._classifier or self._load()
        if self._reader is None:
            from edge.bulk.reading import ImageReader

            self._reader = ImageReader(self._job.filesystems, column=self._job.column)
        read = self._reader.read(arrow.items_of(items))
        return arrow.rows_table([self._row(classifier, item, content) for item, content in read])

    def __getstate__(self) -> dict[str, Any]:
        """Return the job alone: a loaded model and an open file stay in their process."""
        return {"_job": self._job, "_classifier": None, "_least": None, "_reader": None}

    def _load(self) -> Classifier:
        prepare_libraries()  # before OpenCV is imported
        from edge.artifact.trust import TrustPolicy
        from edge.classify.classifier import Classifier
        from edge.system import process
        from edge.vision import least_edge, prepare

        job = self._job
        if job.version != __version__:
            raise RuntimeMissingError(f"edge-classify {__version__} is installed on a machine of the cluster, the call "
                                      f"is of {job.version}: install the same everywhere")  # fmt: skip
        process.limit_arenas()
        # Whoever made the job has verified these bytes: they are trusted by their digest.
        policy = TrustPolicy(hashlib.sha256(job.content).hexdigest())
        with tempfile.TemporaryDirectory(prefix="edge-classify-") as folder:
            path = Path(folder) / job.name
            path.write_bytes(job.content)
            step = partial(prepare, region=job.roi)
            self._classifier = Classifier.load(path, runtime=job.runtime, threads=job.threads, policy=policy,
                                               prepare=step)  # fmt: skip
        self._least = least_edge(self._classifier.spec.input, job.roi)
        return self._classifier

    def _row(self, classifier: Classifier, item: Item, content: bytes | str) -> dict[str, Any]:
        """Classify one image; whatever is wrong with it is said in its row."""
        from edge.images.decode import decode_image

        row: dict[str, Any] = {
            "path": item.path, "size": item.size, "mtime": item.mtime, "model_sha256": self._job.model_sha256,
            "spec_sha256": self._job.spec_sha256,
        }  # fmt: skip
        if isinstance(content, str):
            return {**row, "error": content}
        row |= {"size": len(content) if item.container else item.size, "sha256": hashlib.sha256(content).hexdigest()}
        if item.container and not content:
            return {**row, "error": "the row holds no image"}
        try:
            image = decode_image(content, least=self._least, keeps_alpha=True)
            return {**row, **_answer(classifier.classify(image, top_k=self._job.top_k))}
        except (FrameError, ModelFileError) as error:
            return {**row, "error": str(error)}
        except Exception as error:  # noqa: BLE001  # one image of a million must not end the others
            return {**row, "error": f"unexpected {type(error).__name__}: {error}"[:300]}


def _answer(prediction: Prediction) -> dict[str, Any]:
    """Return the columns of a prediction, with the values that the runner's JSON has."""
    return {
        "label": prediction.label,
        "probability": prediction.probability,
        "score": prediction.score if math.isfinite(prediction.score) else None,
        "top_k": [{"label": label, "probability": probability} for label, probability in prediction.top_k],
        "latency_ms": prediction.latency_ns["total"] / 1e6,
    }
