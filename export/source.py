"""The trained model that is exported: which run, its spec, and its answers to the test images."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from edge.artifact.quantization import pixels_to_real
from edge.artifact.spec import ModelSpec
from edge.classify.confidence_score import to_probabilities
from edge.errors import ExportError
from export.logits import without_softmax
from export.stem import packed

# Names shared with training, which this package doesn't import: a run directory is a file format.
_MODEL = "model.keras"
_SPEC = "model_spec.json"
PRETRAINED = Path(__file__).parents[1] / "pretrained" / "edge"


@dataclass(frozen=True, slots=True)
class Source:
    """A trained model with its meaning."""

    folder: Path
    model: keras.Model
    """float32 (N, height, width, 1) in 0-1 -> float32 (N, classes), what the spec says the output is."""
    spec: ModelSpec

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Class probabilities of uint8 grey images (N, height, width), under the spec's temperature, as on the device.

        Returns:
            float32, shape (N, classes).
        """
        network, spec = self._to_logits()
        inputs = pixels_to_real(images)[..., np.newaxis]
        scores = np.asarray(network.predict(inputs, batch_size=500, verbose=0), np.float32)
        return to_probabilities(scores, output=spec.output, temperature=spec.decision.temperature)

    def for_device(self, *, for_integers: bool = False) -> tuple[keras.Model, ModelSpec]:
        """The network as a file holds it, and its spec.

        Its batch is fixed to one, as a device never has two images at once; its input is named `image`; it puts out
        logits where a softmax can be cut off.

        Args:
            for_integers: its first convolution may be rewritten so that integer kernels are faster with it; float
                kernels would be slower.
        """
        size = self.spec.input
        image = keras.Input(batch_shape=(1, size.height, size.width, size.channels), name="image")
        network, spec = self._to_logits()
        network = packed(network) if for_integers else network
        return keras.Model(image, network(image), name=self.model.name), spec

    def _to_logits(self) -> tuple[keras.Model, ModelSpec]:
        """The network without its softmax, and a spec that says so; both as they are where it has none."""
        cut = without_softmax(self.model)
        return (self.model, self.spec) if cut is None else (cut, replace(self.spec, output="logits"))


def find_run(chosen: Path | None, runs: Path) -> Path:
    """The run to export: the chosen one, else the newest in `runs`, else the one committed with the project.

    Raises:
        ExportError: there is none.
    """
    if chosen is not None:
        if not (chosen / _MODEL).is_file():
            raise ExportError(f"{chosen} is no run directory (it holds no {_MODEL}): make one with `python -m train`")
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
        SpecError: the spec is malformed or newer than this version.
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
