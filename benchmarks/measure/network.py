"""A model file that is ready to run on images: a classifier without the vision step, whose OpenCV a device may lack."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.artifact.file import Artifact, read_artifact
from edge.artifact.labels import FASHION_MNIST_LABELS
from edge.artifact.probabilities import to_probabilities
from edge.artifact.quantization import dequantize, pixels_to_tensor
from edge.artifact.spec import ModelSpec
from edge.errors import ModelFileError
from edge.runtimes import Runtime, open_runtime


class Network:
    """A model, its runtime and its spec; made by `Network.load`."""

    def __init__(self, artifact: Artifact, runtime: Runtime, spec: ModelSpec) -> None:
        """Join the parts."""
        self.artifact = artifact
        self.runtime = runtime
        self.spec = spec

    @classmethod
    def load(cls, path: Path, *, runtime: str, threads: int) -> Network:
        """Load a model file that carries a spec.

        Args:
            path: a .tflite or .onnx file.
            runtime: one of `edge.runtimes.RUNTIMES`.
            threads: for the arithmetic.

        Raises:
            ModelFileError: the file can't be used, or carries no spec.
            RuntimeMissingError: the library that runs it isn't installed.
            SpecError: the embedded spec is malformed or too new.
        """
        artifact = read_artifact(path)
        if artifact.spec is None:
            raise _no_spec(path)
        return cls(artifact, open_runtime(artifact, name=runtime, threads=threads), artifact.spec)

    def check_images(self, images: NDArray[np.uint8]) -> None:
        """Refuse images of another size than the model's, and models of other classes than Fashion-MNIST's.

        Raises:
            ModelFileError: there is nothing to measure it on.
        """
        size = self.spec.input
        if (size.height, size.width) != images.shape[1:]:
            raise ModelFileError(
                f"it takes images of {size.height}x{size.width}, the test images are "
                f"{images.shape[1]}x{images.shape[2]}: there is nothing to measure it on"
            )
        if self.spec.labels != FASHION_MNIST_LABELS:
            raise ModelFileError(
                f"its classes ({', '.join(self.spec.labels)}) aren't Fashion-MNIST's: there is nothing to measure it on"
            )

    def tensors(self, images: NDArray[np.uint8]) -> list[NDArray[np.generic]]:
        """Turn images, uint8 grey (N, height, width), 0-255, into N input tensors (1, height, width, 1)."""
        return [pixels_to_tensor(image[np.newaxis, :, :, np.newaxis], self.runtime.input_tensor) for image in images]

    def scores(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Run the network on one image, as `edge.classify.classifier.Classifier.scores` does."""
        tensor = pixels_to_tensor(pixels[np.newaxis, :, :, np.newaxis], self.runtime.input_tensor)
        return np.asarray(dequantize(self.runtime.invoke(tensor), self.runtime.output_tensor)[0], np.float32)

    def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Class probabilities of one image, as `edge.classify.classifier.Classifier.probabilities` gives them."""
        rule = self.spec.decision
        return to_probabilities(self.scores(pixels), output=self.spec.output, temperature=rule.temperature)


def _no_spec(path: Path) -> ModelFileError:
    return ModelFileError(
        f"{path} carries no specification (not exported by this project, or cut short): export it with "
        "`python -m export.tflite`"
    )
