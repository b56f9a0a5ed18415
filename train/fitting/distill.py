"""Learning from a teacher: its tempered probabilities beside the labels (Hinton et al., 2015, arXiv:1503.02531)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
from keras import ops

from edge.artifact.spec import ModelSpec
from edge.errors import DatasetError
from train.data.splits import Splits

_MODEL, _SPEC = "model.keras", "model_spec.json"
_SMALLEST = 1e-30  # far below the share of any class that a softmax in float32 can tell from 0


class Student(keras.Model):  # type: ignore[misc]  # Keras is not type-checked here
    """A network in training under a teacher; validation and prediction look at the network alone.

    Targets are float32 (N, classes) where the teacher is asked about each batch, and (N, 2, classes) where its
    tempered probabilities stand behind them already.
    """

    def __init__(self, network: keras.Model, *, teacher: keras.Model | None, temperature: float, weight: float) -> None:
        """Join the two.

        Args:
            network: learns; images -> probabilities.
            teacher: the same, trained, and left as it is; None: the targets hold what it said.
            temperature: logits are divided by it before the softmax, the teacher's and the network's.
            weight: share of the teacher in the loss, 0-1; the rest is cross-entropy with the labels.
        """
        super().__init__(name=network.name, dtype=network.dtype_policy)
        self.network, self.teacher = network, teacher
        if teacher is not None:
            teacher.trainable = False
        self.temperature, self.weight = temperature, weight

    def call(self, images: Any, training: bool | None = None) -> Any:
        """Answer as the network does."""
        return self.network(images, training=training)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Cross-entropy with the labels and divergence from the teacher; the former alone while validating."""
        hard, soft = self._targets(y)
        from_labels = super().compute_loss(x, hard, y_pred, sample_weight, training)
        if not training:
            return from_labels
        if self.teacher is not None:
            soft = tempered(self.teacher(x, training=False), self.temperature)
        # The gradients of soft targets shrink with the square of the temperature.
        divergence = self.temperature**2 * kl_divergence(soft, tempered(y_pred, self.temperature))
        if sample_weight is not None:
            divergence = divergence * ops.cast(sample_weight, divergence.dtype)
        return self.weight * ops.mean(divergence) + (1 - self.weight) * from_labels

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Compare with the labels."""
        return super().compute_metrics(x, self._targets(y)[0], y_pred, sample_weight)

    @staticmethod
    def _targets(y: Any) -> tuple[Any, Any]:
        return (y[:, 0], y[:, 1]) if len(y.shape) == 3 else (y, None)


def tempered(probabilities: Any, temperature: float) -> Any:
    """Divide the logits behind probabilities (N, classes) by a temperature: float32, same shape.

    The logarithm of a softmax is its logits up to a constant, which the next softmax cancels.
    """
    logits = ops.log(ops.maximum(ops.cast(probabilities, "float32"), _SMALLEST))
    return ops.softmax(logits / temperature)


def kl_divergence(teacher: Any, student: Any) -> Any:
    """Divergence of the student's probabilities from the teacher's, in nats: (N, classes) twice -> (N,)."""
    ratio = ops.log(ops.maximum(teacher, _SMALLEST)) - ops.log(ops.maximum(student, _SMALLEST))
    return ops.sum(teacher * ratio, axis=-1)


def load_run(run: Path, splits: Splits, *, flag: str) -> keras.Model:
    """Load the network of a finished run.

    Args:
        run: its directory.
        splits: the images that it is to know.
        flag: that named it, for the complaint.

    Raises:
        DatasetError: there is none, or it was trained for other classes or another input size.
    """
    try:
        spec = ModelSpec.from_json((run / _SPEC).read_text(encoding="utf-8"))
        model = keras.models.load_model(run / _MODEL, compile=False)
    except OSError as error:
        raise DatasetError(f"{flag} {run} is no run directory: {error}") from error
    size = splits.train.pixels.shape[1:]
    if spec.labels != splits.class_names or (spec.input.height, spec.input.width) != size:
        raise DatasetError(
            f"{flag} {run} tells {', '.join(spec.labels)} apart in {spec.input.height}x{spec.input.width} pixels, "
            f"the data has {', '.join(splits.class_names)} in {size[0]}x{size[1]}: it must be of the same data"
        )
    return model
