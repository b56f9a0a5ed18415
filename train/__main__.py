"""`python -m train`: the command line of training."""

from __future__ import annotations

import json
from collections.abc import Sequence

from edge.cli import console
from train.flags import config_from, parser
from train.network.backend import start_backend


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Train once; print the run directory's path and what it reached, unless another process does."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    start_backend()
    # Keras and TensorFlow take seconds to import: only after the flags were found right.
    from train.fit import train_run
    from train.results.run_dir import METRICS

    folder = train_run(config_from(options))
    if folder is None:
        return 0
    metrics = json.loads((folder / METRICS).read_text(encoding="utf-8"))
    print(f"{folder}: {metrics['test_top1_accuracy']:.2%} of {metrics['images']['test']:,} test images right")
    return 0


if __name__ == "__main__":
    console.run(main)
