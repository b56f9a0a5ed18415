"""Compares scores for `unknown`: each folder of several data sets is left out in turn, and so new to the network.

`python docs/rejection_scores.py CACHE NAME=DIR ...` writes docs/measured/rejection_scores.json. A DIR holds `train` and
another part. Logistic regression on EfficientNet-Lite0's features at 160 pixels, which stay in the folder CACHE, stands
in for a trained network. Of each set's folders one is left out, two are counter-examples, the others are the classes;
where a score knows of counter-examples, it has learned from their training images.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu

from edge import vision
from edge.classify.confidence_score import confidence_score, to_probabilities
from edge.classify.interval import wilson_interval
from edge.images.decode import read_image
from edge.images.folders import list_class_folders, split_parts
from edge.system import atomic_file
from edge.teach import logistic
from train.config import PRESETS, input_of
from train.data.splits import to_network
from train.fitting.batch_pipeline import one_hot, smoothed

OUT = Path(__file__).parent / "measured" / "rejection_scores.json"
EDGE, BATCH = 160, 64
PENALTY, SMOOTHING = 0.01, 0.1  # a training image; share of the targets, as the preset has it
KEPT = 0.95
MOST_COUNTER_EXAMPLES = 100  # of a folder


def features_of(folder: Path) -> dict[str, NDArray[np.generic]]:
    """Return float32 features (N, 1280), label, and whether each image is for training."""
    from train.network.efficientnet_lite import efficientnet_lite0

    spec = input_of(replace(PRESETS["transfer"], input_size=EDGE))
    network = efficientnet_lite0(EDGE, None)
    train, other = split_parts(folder)
    names = sorted(list_class_folders(folder / train).images)
    files = [(path, names.index(name), part == train) for part in (train, other)
             for name, paths in list_class_folders(folder / part).images.items() for path in paths]  # fmt: skip
    found = []
    for at in range(0, len(files), BATCH):
        frames = [read_image(path, least=vision.least_edge(spec)) for path, _, _ in files[at : at + BATCH]]
        pixels = np.stack([vision.prepare(frame, spec).pixels for frame in frames])
        found.append(np.asarray(network(to_network(pixels, spec), training=False)))
    labels, is_train = (np.array([file[column] for file in files]) for column in (1, 2))
    return {"features": np.concatenate(found), "labels": labels, "is_train": is_train}


def compare(features: NDArray[np.float32], labels: NDArray[np.int64], is_train: NDArray[np.bool_]) -> list[dict]:
    """Leave out each folder once; return a row for each score, over all of them."""
    count = int(labels.max()) + 1
    rounds: dict[str, list[dict[str, NDArray[np.float32] | float]]] = {}
    for new in range(count):
        others = [(new + 1) % count, (new + 4) % count]
        known = [label for label in range(count) if label not in (new, *others)]
        for name, result in _scores(features, labels, is_train, known=known, others=others, new=new).items():
            rounds.setdefault(name, []).append(result)
    return [_row(name, results) for name, results in rounds.items()]


def _scores(
    features: NDArray[np.float32], labels: NDArray[np.int64], is_train: NDArray[np.bool_], *, known: list[int],
    others: list[int], new: int,
) -> dict[str, dict[str, NDArray[np.float32] | float]]:  # fmt: skip
    """Return the scores of known, other and new images that weren't trained on, and the accuracy on the first."""
    trained = np.flatnonzero(is_train & np.isin(labels, known))
    counter = np.concatenate([np.flatnonzero(is_train & (labels == label))[:MOST_COUNTER_EXAMPLES] for label in others])
    middle, spread = features[trained].mean(axis=0), features[trained].std(axis=0) + 0.05
    scaled = ((features - middle) / spread).astype(np.float32)
    place = np.zeros(int(labels.max()) + 1, np.int64)
    place[known] = np.arange(len(known))
    classes, truth = len(known), place[labels]
    parts = {"known": ~is_train & np.isin(labels, known), "others": ~is_train & np.isin(labels, others),
             "new": labels == new}  # fmt: skip
    targets = one_hot(truth[trained], classes, smoothing=SMOOTHING)
    both, everything = np.concatenate([trained, counter]), np.full((len(counter), classes), 1 / classes, np.float32)
    extra = np.zeros((len(both), classes + 1), np.float32)
    extra[np.arange(len(both)), np.append(truth[trained], np.full(len(counter), classes))] = 1
    heads = {
        "": _fit(scaled[trained], targets),
        "counter-examples share all classes: ": _fit(scaled[both], np.concatenate([targets, everything])),
        "counter-examples are a class: ": _fit(scaled[both], smoothed(extra, SMOOTHING)),
    }
    kinds = dict(zip(heads, (("probability", "margin", "energy"), ("probability", "energy"), ("energy", "joint")),
                     strict=True))  # fmt: skip
    results: dict[str, dict[str, NDArray[np.float32] | float]] = {}
    for title, head in heads.items():
        logits = {name: head.logits(scaled[part]) for name, part in parts.items()}
        if head.bias.size > classes:
            logits = {name: values[:, :-1] - values[:, -1:] for name, values in logits.items()}
        accuracy = float((logits["known"].argmax(axis=1) == truth[parts["known"]]).mean())
        for kind in kinds[title]:
            results[title + kind] = {"accuracy": accuracy} | {
                name: confidence_score(
                    values, to_probabilities(values, output="logits", temperature=1.0), kind=kind
                ).astype(np.float32)
                for name, values in logits.items()
            }
    distance = _distances(scaled[trained], truth[trained], classes)
    results["distance to the class's features"] = {"accuracy": results["probability"]["accuracy"]} | {
        name: distance(scaled[part]) for name, part in parts.items()
    }
    return results


def _fit(features: NDArray[np.float32], targets: NDArray[np.float32]) -> logistic.Head:
    return logistic.fit(features, targets, penalty=PENALTY * len(features))


def _distances(features: NDArray[np.float32], labels: NDArray[np.int64], classes: int):
    """Return a function to the negative Mahalanobis distance from the nearest class (Lee et al., 2018)."""
    means = np.stack([features[labels == label].mean(axis=0) for label in range(classes)])
    rest = features - means[labels]
    covariance = rest.T @ rest / len(rest)
    covariance = 0.9 * covariance + 0.1 * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    factor = np.linalg.cholesky(np.linalg.inv(covariance))
    centres = means @ factor

    def scores(images: NDArray[np.float32]) -> NDArray[np.float32]:
        moved = images @ factor
        squares = (moved**2).sum(axis=1)[:, np.newaxis] - 2 * moved @ centres.T + (centres**2).sum(axis=1)
        return np.asarray(-squares.min(axis=1), np.float32)

    return scores


def _row(name: str, results: list[dict[str, NDArray[np.float32] | float]]) -> dict:
    row = {"score": name, "accuracy": float(np.mean([result["accuracy"] for result in results]))}
    for part in ("others", "new"):
        rejected, areas = [], []
        for result in results:
            known, unknown = np.asarray(result["known"]), np.asarray(result[part])
            rejected.append(unknown < np.quantile(known, 1 - KEPT, method="lower"))
            areas.append(float(mannwhitneyu(known, unknown).statistic) / (len(known) * len(unknown)))
        right, count = int(np.concatenate(rejected).sum()), sum(map(len, rejected))
        row[part] = {"area_under_roc": float(np.mean(areas)), "least_area": min(areas), "images": count,
                     "rejected": right / count, "interval": wilson_interval(right, count)}  # fmt: skip
    return row


def main() -> None:
    """Measure every set that is named."""
    cache = Path(sys.argv[1])
    sets = {}
    for argument in sys.argv[2:]:
        name, _, folder = argument.partition("=")
        stored = cache / f"{name}.npz"
        if not stored.exists():
            np.savez(stored, **features_of(Path(folder)))
        with np.load(stored) as found:
            sets[name] = {"images": len(found["labels"]), "folders": int(found["labels"].max()) + 1,
                          "scores": compare(found["features"], found["labels"], found["is_train"])}  # fmt: skip
        print(name, json.dumps(sets[name], indent=1), flush=True)
    atomic_file.write_text(OUT, json.dumps(sets, indent=2) + "\n")


if __name__ == "__main__":
    main()
