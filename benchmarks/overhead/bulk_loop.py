"""The yardstick of bulk classification: one loop over image files, with the same calls and nothing around them.

`python -m benchmarks.overhead.bulk_loop MODEL FOLDER SHARE SHARES`: loads the model, says so on stdout, waits for a
line on stdin, and classifies every image of its share. What it measured is the last line of stderr, JSON.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path

from edge.cli.libraries import prepare_libraries


def loop(model: str, folder: str, share: int, shares: int) -> dict[str, float]:
    """Read, hash, decode and classify the images of a share of a folder."""
    from edge.artifact.file import model_path
    from edge.classify.classifier import Classifier
    from edge.images.decode import decode_image, read_content
    from edge.vision import least_edge

    classifier = Classifier.load(model_path(model))
    least = least_edge(classifier.spec.input)
    paths = sorted(Path(folder).iterdir())[share::shares]
    print("ready", flush=True)
    sys.stdin.readline()
    started = time.perf_counter()
    for path in paths:
        content = read_content(path)
        hashlib.sha256(content).hexdigest()
        classifier.classify(decode_image(content, least=least, keeps_alpha=True))
    return {"images_per_s": len(paths) / (time.perf_counter() - started)}


if __name__ == "__main__":
    prepare_libraries()
    model, folder, share, shares = sys.argv[1:]
    print(json.dumps(loop(model, folder, int(share), int(shares))), file=sys.stderr)
