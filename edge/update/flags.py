"""The flags of `edge-classify update`."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge.cli import console
from edge.cli.trust_flags import add_trust_flags
from edge.datasets.folder_labels import folder_truth
from edge.update.metrics import Limits

NAME = "update"
"""First argument of `edge-classify` that leads here."""

_EXAMPLES = """examples:
  edge-classify update new.tflite                          a file
  edge-classify update https://models.example/door.tflite  or from a server
  edge-classify update new.tflite --samples snapshots      tested on pictures that a person has labelled too
  edge-classify update --status                            which model runs, and what became of the last one
  edge-classify update --rollback                          back to the last good one

The new model is tried by the next `edge-classify --store`. It is good when it has classified frames for a minute; if
it can't be loaded, crashes or is killed before (by systemd's watchdog, say), the last good one is current again.
A service has a store of its own: write the model's address into /etc/edge-classify/update, then
systemctl start edge-classify-update.

exit codes: 0 done, or nothing to do, 1 error (also: the self-test failed; the old model stays), 2 wrong call
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog=f"edge-classify {NAME}",
        description="Fetch a model file, verify and test it, and switch to it; the last good one is kept.",
        epilog=_EXAMPLES,
    )
    what = flags.add_mutually_exclusive_group(required=True)
    what.add_argument("source", nargs="?", metavar="FILE_OR_URL", help=".tflite or .onnx file with a specification in "
                      "it, or its http:// or https:// URL")  # fmt: skip
    what.add_argument("--rollback", action="store_true", help="make the last good model current again, or behind that "
                      "the built-in one")  # fmt: skip
    what.add_argument("--status", action="store_true", help="say which model is current, whether it is on trial, and "
                      "what was rolled back")  # fmt: skip
    flags.add_argument("--store", type=Path, metavar="DIR",
                       help="where the models are kept (default: as for `edge-classify --store`)")  # fmt: skip
    add_trust_flags(flags)
    flags.add_argument("--timeout", type=console.positive_float, default=300.0, dest="timeout_s", metavar="S",
                       help="give up fetching after S seconds")  # fmt: skip
    flags.add_argument("--again", action="store_true", help="install it though it was rolled back")
    _add_test_flags(flags)
    flags.add_argument("--json", action="store_true", help="one JSON object: the store's state, and what the self-test "
                       "counted")  # fmt: skip
    console.add_logging_flags(flags)
    return flags


def _add_test_flags(flags: argparse.ArgumentParser) -> None:
    """Flags of the fields of `edge.update.metrics.Limits`, and of what it is tested on."""
    test = flags.add_argument_group("the self-test", "In a process of its own, beside the current model.")
    limits = Limits()
    test.add_argument("--samples", type=Path, metavar="DIR", help="test it also on the pictures in DIR, which holds a "
                      "folder of them for each label, such as snapshots that a person has sorted")  # fmt: skip
    test.add_argument("--map", action="append", type=folder_truth, default=[], dest="truths",
                      metavar="FOLDER=LABEL[,LABEL...]",
                      help="labels that are right for a folder of --samples, or unknown; repeatable")  # fmt: skip
    test.add_argument("--allow-new-labels", action="store_true", help="it may have other labels than the current model")
    test.add_argument("--min-right", type=_share, default=limits.min_right, metavar="P",
                      help="of the drawn garments, and of the samples where the labels are new, 0-1")  # fmt: skip
    test.add_argument("--min-agreement", type=_share, default=limits.min_agreement, metavar="P",
                      help="with the current model on drawn garments, 0-1")  # fmt: skip
    test.add_argument("--max-lost", type=_share, default=limits.max_lost, metavar="P",
                      help="of the samples, 0-1: how many fewer it may name than the current model")  # fmt: skip
    test.add_argument("--max-slower", type=console.positive_float, default=limits.max_slower, metavar="N",
                      help="times the current model's time from frame to answer")  # fmt: skip


def _share(text: str) -> float:
    value = console.non_negative_float(text)
    if value > 1:
        raise argparse.ArgumentTypeError(f"expected a share from 0 to 1, got {text!r}")
    return value
