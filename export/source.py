"""The trained model that is exported, with its spec: a run of `python -m train`, or any Keras model."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from edge.artifact.pixels import to_real
from edge.artifact.spec import ModelSpec
from edge.classify.confidence_score import to_probabilities
from edge.errors import ExportError
from export.network.softmax import without_softmax
from export.network.stem import packed

_MOST_IMAGES, _MOST_NUMBERS = 500, 2**23  # in a batch: 32 MiB of float32
# Names shared with training, which this package doesn't import: a run directory is a file format.
_MODEL = "model.keras"
_SPEC = "model_spec.json"
PRETRAINED = Path(__file__).parents[1] / "pretrained" / "edge"


@dataclass(frozen=True, slots=True)
class Source:
    """A trained model with its spec."""

    path: Path
    """Run directory, Keras file or folder of a SavedModel."""
    model: keras.Model
    """Network: float32 (N, height, width, channels), normalized as the spec says -> float32 (N, classes)."""
    spec: ModelSpec
    is_run: bool = True
    """True for a run directory, which holds its own specification and images."""

    @property
    def name(self) -> str:
        """Name that an exported file takes: without suffix and folders."""
        return self.path.resolve().name if self.path.is_dir() else self.path.stem

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the class probabilities of images, with the temperature applied.

        Args:
            images: uint8, 0-255: grey, shape (N, height, width), or BGR, shape (N, height, width, 3).

        Returns:
            float32, shape (N, classes).
        """
        network, spec = self._to_logits()
        count = max(1, min(_MOST_IMAGES, _MOST_NUMBERS // images[0].size))
        parts = [
            np.asarray(network.predict_on_batch(to_real(images[first : first + count], spec.input)), np.float32)
            for first in range(0, len(images), count)
        ]
        return to_probabilities(np.concatenate(parts), output=spec.output, temperature=spec.decision.temperature)

    def for_device(self, *, for_integers: bool = False, keeps_softmax: bool = False) -> tuple[keras.Model, ModelSpec]:
        """Return the network as a file holds it, and its spec.

        Its batch is one and its input is named `image`. It puts out logits if it ends in a softmax.

        Args:
            for_integers: true to rewrite the first convolution for integer kernels; float kernels would be slower.
            keeps_softmax: true for probabilities, whether the network ends in a softmax or not.

        Raises:
            SpecError: probabilities don't fit the spec's confidence score.
        """
        size = self.spec.input
        image = keras.Input(batch_shape=(1, size.height, size.width, size.channels), name="image")
        network, spec = self._to_logits()
        scores = (packed(network) if for_integers else network)(image)
        if keeps_softmax and spec.output == "logits":
            scores, spec = layers.Softmax(name="probabilities")(scores), replace(spec, output="probabilities")
        return keras.Model(image, scores, name=self.model.name), spec

    def _to_logits(self) -> tuple[keras.Model, ModelSpec]:
        """Return the network without its softmax, and its spec; both unchanged without a softmax."""
        cut = without_softmax(self.model)
        return (self.model, self.spec) if cut is None else (cut, replace(self.spec, output="logits"))


def is_of_run(path: Path) -> bool:
    """Return True for the model in a run directory, which has its specification beside it."""
    return path.name == _MODEL and path.with_name(_SPEC).is_file()


def find_run(chosen: Path | None, runs: Path) -> Path:
    """Return the run to export: the chosen one, else the newest in `runs`, else the one in the project.

    A run may be chosen by the `model.keras` in it.

    Raises:
        ExportError: there is none.
    """
    if chosen is not None:
        chosen = chosen.parent if is_of_run(chosen) else chosen
        if not (chosen / _MODEL).is_file():
            raise ExportError(
                f"{chosen} is no run directory (it holds no {_MODEL}), no .keras or .h5 file and no SavedModel: make a "
                "run with `python -m train`"
            )
        return chosen
    # A name that starts with a dot belongs to a training that isn't finished.
    models = [path for path in runs.glob(f"*/{_MODEL}") if not path.parent.name.startswith(".")]
    if models:
        return max(models, key=lambda path: (path.stat().st_mtime_ns, path.parent.name)).parent
    if (PRETRAINED / _MODEL).is_file():
        return PRETRAINED
    raise ExportError(f"no trained model in {runs}: make one with `python -m train`")


def load_source(folder: Path) -> Source:
    """Load a run's model and spec.

    Raises:
        ExportError: a file is missing, damaged, or not the one the spec describes.
        SpecError: the spec is malformed or newer than this program.
    """
    try:
        spec = ModelSpec.from_json((folder / _SPEC).read_text(encoding="utf-8"))
        digest = hashlib.sha256((folder / _MODEL).read_bytes()).hexdigest()
    except OSError as error:
        raise ExportError(f"the run {folder} can't be read: {error}") from error
    if spec.provenance.source_sha256 != digest:
        raise ExportError(f"{folder / _MODEL} isn't the model that {_SPEC} beside it describes: train again")
    try:
        model = keras.models.load_model(folder / _MODEL, compile=False)
    except (OSError, ValueError, TypeError, KeyError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ExportError(
            f"Keras {keras.__version__} can't load {folder / _MODEL} (damaged, or written by a newer Keras): {reason}"
        ) from error
    return Source(folder, model, spec)
