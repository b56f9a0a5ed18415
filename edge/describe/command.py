"""`edge-classify describe`: shows a model file, compares it with its original, writes its specification into it."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from edge.artifact.file import Artifact, model_path, read_artifact
from edge.artifact.input_spec import ModelOptions
from edge.classify.loaded_model import LoadedModel
from edge.cli import console
from edge.cli.model_flags import add_model_flags, model_options_from
from edge.cli.outputs import output_file
from edge.cli.trust_flags import add_trust_flags, trust_policy_from
from edge.describe import report, stamp
from edge.describe.comparison import LEAST_AGREEMENT, Comparison, compare
from edge.describe.description import describe
from edge.errors import EXIT_DONE, ConfigError, GateError
from edge.runtimes import RUNTIMES

_LOGGER = logging.getLogger(__name__)

NAME = "describe"
"""First argument of `edge-classify` that leads here."""

_EXAMPLES = """examples:
  edge-classify describe mine.tflite                                 what is it, and what does it need?
  edge-classify describe other.onnx --labels names.txt --pixels imagenet --write ours.onnx
                                                                     from now on it needs no flags
  edge-classify describe faster.onnx --like mine.onnx --write faster.onnx
                                                                     a tool rewrote it: same answers? then stamp it

exit codes: 0 done, 1 error (also: the file can't be read), 2 wrong call, 3 it doesn't answer like its original
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog=f"edge-classify {NAME}",
        description="Show what a model file is, takes and gives, and where each fact was found; write its "
        "specification into it.",
        epilog=_EXAMPLES,
    )
    flags.add_argument("model", type=model_path, metavar="MODEL", help=".tflite or .onnx file, or a built-in model")
    flags.add_argument("--json", action="store_true", help="one JSON object with all facts")
    flags.add_argument("--write", type=output_file, metavar="OUT", help="write the file with its specification inside; "
                       "OUT may be MODEL if that is a file of ours, or with --like")  # fmt: skip
    group = flags.add_argument_group("a file of ours that a tool has rewritten")
    group.add_argument("--like", type=model_path, metavar="ORIGINAL", help="compare with the file before it was "
                       "rewritten, and take labels, input, temperature and thresholds from it")  # fmt: skip
    group.add_argument("--images", type=Path, metavar="DIR", help="images for the comparison: a folder, a file or a "
                       "video (default: drawn garments for their labels, else drawn test patterns)")  # fmt: skip
    group.add_argument("--changed-on-purpose", action="store_true", help="write it without a comparison, or although "
                       f"less than {100 * LEAST_AGREEMENT:.0f} %% of the answers agree")  # fmt: skip
    add_model_flags(flags)
    flags.add_argument("--runtime", choices=("auto", *RUNTIMES), default="auto", help="library that runs the file")
    add_trust_flags(flags)
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Describe a file; print a table or one JSON object."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    if options.images and not options.like:
        raise ConfigError("--images are for a comparison: give the original too, with --like")
    artifact = read_artifact(options.model, policy=trust_policy_from(options), may_be_changed=True)
    given = model_options_from(options)
    _refuse_to_change(artifact, given, is_written=options.write is not None)
    _refuse_to_replace(artifact, options.write, like=options.like)
    description = describe(artifact, given, runtime=options.runtime)
    if not options.json:
        print(report.as_text(description, is_written=options.write is not None), flush=True)
    comparison = None
    if options.like or options.write:
        model = stamp.completed_model(
            description, options.like, runtime=options.runtime, is_allowed=options.changed_on_purpose
        )
        if options.like:
            original = LoadedModel.load(options.like, runtime=options.runtime)
            comparison = compare(model, original, options.images)
            if not options.json:
                print(report.comparison_line(comparison), flush=True)
        if options.write:
            if comparison and not options.changed_on_purpose:
                _require_agreement(options.model, options.like, comparison)
            stamp.write(stamp.with_comparison(model, comparison), options.write)
    if options.json:
        print(report.as_json(description, comparison, options.write))
    elif options.write:
        print(report.line("written", f"{options.write}; edge-classify --model {options.write} needs no other flag"))
    return EXIT_DONE


def _refuse_to_replace(artifact: Artifact, out: Path | None, *, like: Path | None) -> None:
    """Refuse to write a file of others over itself, which would be its only copy without what flags say of it."""
    if artifact.spec or like or out is None or not out.exists():
        return
    if out.samefile(artifact.path):
        raise ConfigError(
            f"--write {out} is the file that is described: write to another one, since what is said of it now could "
            "not be corrected later"
        )


def _refuse_to_change(artifact: Artifact, given: ModelOptions, *, is_written: bool) -> None:
    """Say that flags don't change a spec: thresholds of a file of ours were measured with its input."""
    if artifact.spec is None or given == ModelOptions():
        return
    if is_written:
        raise ConfigError(
            f"{artifact.path} carries its own specification, which flags about input and labels don't change: leave "
            "them out, or give them with the file that it was made from"
        )
    _LOGGER.warning("%s carries its own specification: what flags say about its input is ignored", artifact.path)


def _require_agreement(model: Path, original: Path, comparison: Comparison) -> None:
    if comparison.agreement < LEAST_AGREEMENT:
        raise GateError(
            f"{model} answers like {original} on {100 * comparison.agreement:.1f} % of {comparison.images} images, at "
            f"least {100 * LEAST_AGREEMENT:.0f} % are expected: not written; give real ones with --images, or "
            "--changed-on-purpose if that is meant"
        )
