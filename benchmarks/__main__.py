"""`python -m benchmarks`: command line of the benchmark."""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from benchmarks.analysis.photographs import with_tally
from benchmarks.analysis.rows import make_rows
from benchmarks.compare import command as compare
from benchmarks.config import BenchmarkConfig, Limits, add_gate_flags, add_measuring_flags, apply_quick, from_flags
from benchmarks.device import bundle, merge
from benchmarks.host.environment import describe_environment
from benchmarks.measure import loadgen
from benchmarks.measure.evaluation import (
    Evaluation,
    fashion_mnist_evaluation,
    photographs_evaluation,
    run_evaluation,
    without_truth,
)
from benchmarks.measure.inputs import draw_frames, save_array
from benchmarks.measure.job import Outcome
from benchmarks.measure.model_spec import claimed_labels, model_specs
from benchmarks.measure.rounds import RowInputs, Schedule, Task, Trial, is_complete, measure_in_rounds, variant_tasks
from benchmarks.measure.variants import Variant, default_artifacts, list_variants
from benchmarks.overhead import bulk
from benchmarks.overhead import command as runner
from benchmarks.peers.rows import peer_matches, peer_rows, peer_tasks
from benchmarks.peers.tools import PeerOutcome
from benchmarks.report.schema import Report
from benchmarks.report.table import peers_text, reasons, text_table
from edge.artifact.file import builtin_models, model_path, read_artifact
from edge.artifact.input_spec import ModelOptions
from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.cli import console, extras
from edge.cli.help import not_understood
from edge.cli.model_flags import add_model_flags, model_options_from
from edge.cli.outputs import output_folder, require_folder
from edge.datasets.folder_labels import folder_truth
from edge.errors import EXIT_DONE, ConfigError, ToolkitError

COMMANDS = (runner, bulk, compare, bundle, merge)
"""Commands that the first argument may name."""

_LOADGEN_S = 5.0
_EXAMPLES = """examples:
  python -m benchmarks                               all under artifacts/, and the model that ships
  python -m benchmarks a_none.tflite a_int8.tflite   int8 against its float artifact
  python -m benchmarks --peers --peer-python ../old/bin/python    other tools in the same rounds
  python -m benchmarks --quick                       a quick look of a minute, not a result

  python -m benchmarks edge --data wardrobe --map socks=unknown     one folder of photographs for each kind
  python -m benchmarks mine.onnx --data wardrobe --map 'footwear=Sandal,Sneaker,Ankle boot'
  python -m benchmarks theirs_int8.tflite --reference theirs.tflite --labels labels.txt --data photos

  python -m benchmarks a_none.tflite a_int8.tflite --gate --max-loss 0.3      for CI: exit code 3 if int8 costs more

A folder of --data called like a label of the model holds that; one called unknown or nothing holds what the model
doesn't know; --map says it of any other.

`python -m benchmarks compare --help` is the comparison of two reports, `python -m benchmarks runner --help` the
comparison of the runner with a bare script, `python -m benchmarks bulk --help` that of bulk classification with bare
loops, `python -m benchmarks kit --help` packs a file for a device, `python -m benchmarks merge --help` reads what it
sends back (a file of such a name: ./kit).

exit codes: 0 done (a runtime that isn't installed is a row, not an error), 1 some variant failed or some photograph
could not be read (the report is there all the same), 2 wrong call,
with --gate: 3 a limit was not kept, 5 the machine was unfit (throttled); 130 Ctrl-C, the report holds what was measured
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser; every default comes from `BenchmarkConfig`."""
    default = BenchmarkConfig()
    flags = console.Parser(
        prog="python -m benchmarks",
        usage=f"%(prog)s [FLAG ...] [ARTIFACT ...]\n       %(prog)s {{{','.join(each.NAME for each in COMMANDS)}}} ...",
        description="Measure model files on this machine: latency, accuracy, size and memory, each in its own process.",
        epilog=_EXAMPLES,
    )
    flags.add_argument("artifacts", type=model_path, nargs="*", metavar="ARTIFACT",
                       help=f"model files, folders, or built-in ones ({', '.join(builtin_models())}; default: "
                       "artifacts/ and the model that ships)")  # fmt: skip
    flags.add_argument(
        "--out", type=output_folder, metavar="DIR", help="folder of the report (default: reports/<UTC time>)"
    )
    truth = flags.add_mutually_exclusive_group()
    truth.add_argument("--data", type=Path, metavar="DIR",
                       help="judge the files on photographs, from frame to answer: holds one folder for each kind "
                       "(default: Fashion-MNIST's test images, for files of its classes)")  # fmt: skip
    truth.add_argument("--run", type=Path, metavar="DIR",
                       help="judge the files on the test images that this run directory keeps")  # fmt: skip
    flags.add_argument("--reference", type=model_path, metavar="FILE",
                       help="float file of the same network, measured too, for files of others: they don't say what "
                       "they were made from")  # fmt: skip
    flags.add_argument("--map", action="append", type=folder_truth, dest="truths", default=[],
                       metavar="FOLDER=LABEL[,LABEL...]",
                       help="labels that are right for a folder of --data, or unknown; repeatable")  # fmt: skip
    flags.add_argument("--mistakes", type=console.natural, default=default.mistakes, metavar="N",
                       help="mistakes on photographs to draw, at most")  # fmt: skip
    flags.add_argument("--hits", type=console.natural, default=default.hits, metavar="N",
                       help="right answers of each folder of photographs to draw, at most")  # fmt: skip
    add_measuring_flags(flags)
    flags.add_argument("--max-repeats", type=console.positive_int, default=default.max_repeats, metavar="N",
                       help="rounds at most, while some median's interval is wider than 10 %% of it")  # fmt: skip
    flags.add_argument("--warmup", type=console.positive_int, default=default.warmup, metavar="N",
                       help="untimed calls before the timed ones, at least")  # fmt: skip
    flags.add_argument("--warmup-s", type=console.positive_float, default=default.warmup_s, metavar="S",
                       help="seconds of untimed calls, at least")  # fmt: skip
    flags.add_argument("--seed", type=console.natural, default=default.seed,
                       help="seed of the variants' order, of drawn frames and of drawn test images")  # fmt: skip
    flags.add_argument("--margin", type=console.positive_float, dest="margin_pp", default=default.margin_pp,
                       metavar="POINTS", help="largest loss that doesn't matter, in percentage points")  # fmt: skip
    flags.add_argument("--peers", action="store_true",
                       help="time other tools too, in the same rounds; missing ones are listed")  # fmt: skip
    flags.add_argument("--peer-python", action="append", type=Path, dest="peer_pythons", default=[], metavar="PYTHON",
                       help="interpreter of another environment, for tools that this one lacks (tflite-runtime, "
                       "TensorFlow); repeatable")  # fmt: skip
    flags.add_argument("--loadgen", type=console.positive_float, dest="loadgen_s", nargs="?", default=0.0,
                       const=_LOADGEN_S, metavar="S",
                       help="run MLPerf's LoadGen too, SingleStream and Offline, for S seconds each (without S: "
                       f"{_LOADGEN_S:g}; MLPerf's own rules ask for 600); pip install 'edge-classify[loadgen]', whose "
                       "wheels are for x86-64 alone")  # fmt: skip
    add_gate_flags(flags, against="its float artifact")
    add_model_flags(flags)
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Measure model files, or run the command that the first argument names."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    commands: dict[str, Callable[[Sequence[str]], int]] = {command.NAME: command.main for command in COMMANDS}
    name = arguments[0] if arguments else ""
    if name in commands:
        return commands[name](arguments[1:])
    if get_close_matches(name, commands, n=1) and not model_path(name).exists():
        parser().error(not_understood(parser(), [name], commands))
    return measure_files(arguments)


def measure_files(arguments: Sequence[str]) -> int:
    """Measure every variant; print the table and the report's path."""
    flags = parser()
    apply_quick(flags, arguments)
    options = flags.parse_args(arguments)
    console.start_logging(options)
    extras.require("benchmarks")  # before minutes of measuring
    config = replace(from_flags(BenchmarkConfig, vars(options)), truths=dict(options.truths) or None)
    reference = read_artifact(config.reference) if config.reference else None
    if reference and (mode := reference.summarise().quantization) != "none":
        raise ConfigError(f"--reference takes a float file, {config.reference} is quantized ({mode})")
    out = config.out or Path("reports") / f"{datetime.now(timezone.utc):%Y%m%dT%H%M%SZ}"
    require_folder(out)
    if config.loadgen_s:
        loadgen.require()  # before minutes of measuring
    files = (*(config.artifacts or default_artifacts()), *([config.reference] if config.reference else []))
    variants = list_variants(files, runtimes=config.runtimes)
    model_options = model_options_from(options)
    command = ["python", "-m", "benchmarks", *map(shlex.quote, arguments)]
    environment = describe_environment(command, seed=config.seed, threads=config.threads)
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        evaluation, inputs = _prepare_inputs(Path(folder), variants, config, model_options)
        print(f"{evaluation.statement}\n", flush=True)
        is_timed = environment.emulator is None
        tasks = variant_tasks(variants, config, inputs=inputs, is_timed=is_timed)
        matches = peer_matches(_like_fashion_mnist(variants)) if config.peers and is_timed and evaluation.file else []
        peers = peer_tasks(matches, config, images_file=evaluation.file)
        trials, peer_trials = _measure_together(tasks, peers, config, is_quiet=options.quiet)
    facts = evaluation.facts
    rows = make_rows(
        variants,
        trials,
        facts.labels,
        facts.class_names,
        margin_pp=config.margin_pp,
        reference_sha256=reference.sha256 if reference else None,
    )
    rows = [with_tally(row, facts) for row in rows]
    # Matplotlib and scipy take seconds to import on a Pi, so not before there is something to draw.
    from benchmarks.report.build import build_report, write_report
    from benchmarks.report.sheets import draw_sheets

    report = build_report(
        rows,
        config,
        facts,
        environment,
        statement=evaluation.statement,
        peers=peer_rows(matches, peer_trials, rows),
        limits=from_flags(Limits, vars(options)) if options.gate else None,
        is_interrupted=not (
            is_complete(trials, repeats=config.repeats) and is_complete(peer_trials, repeats=config.repeats)
        ),
    )
    sheets = draw_sheets(report, evaluation.photographs, model_options)
    page = write_report(report, out, sheets)
    return _conclude(report, page)


def _prepare_inputs(
    folder: Path, variants: Sequence[Variant], config: BenchmarkConfig, options: ModelOptions
) -> tuple[Evaluation, RowInputs]:
    """Write test images and frames into a folder, or list photographs for the labels of a judged file."""
    if config.data is not None:
        specs = model_specs(variants, options, timeout_s=config.timeout_s)
        evaluation = photographs_evaluation(config.data, config, list(specs.values()))
    elif config.run is not None:
        evaluation = run_evaluation(config.run, config, folder)
    elif any(claimed_labels(variant, options) == FASHION_MNIST_LABELS for variant in variants):
        evaluation = fashion_mnist_evaluation(config, folder)
    else:
        evaluation = without_truth()
    frames_file = save_array(folder, "frames", draw_frames(seed=config.seed))
    return evaluation, RowInputs(evaluation.file, frames_file, evaluation.labels, evaluation.photographs, options)


def _like_fashion_mnist(variants: Sequence[Variant]) -> list[Variant]:
    """Select the files that other tools can be given the test images of."""
    specs = [(variant, variant.artifact.spec) for variant in variants if variant.artifact]
    return [variant for variant, spec in specs if spec and spec.labels == FASHION_MNIST_LABELS]


def _conclude(report: Report, page: Path) -> int:
    """Print the table and the sentences; turn failures into the exit code."""
    from benchmarks.analysis.gate import failed_rows, gate_lines, raise_for
    from benchmarks.report.photographs import photographs_text

    rows, gate = report.rows, report.gate
    peers = ["", peers_text(report.peers)] if report.peers else []
    limits = ["", *gate_lines(gate)] if gate else []
    judged = photographs_text(report)
    photographs_part = ["", judged] if judged else []
    lines = [text_table(rows), *reasons(rows), *peers, "", *report.recommendation, *photographs_part, *limits]
    print(*lines, f"report: {page}", sep="\n")
    if report.interrupted:
        raise KeyboardInterrupt
    if gate:
        raise_for(gate)
    if failed := failed_rows(rows):
        raise ToolkitError(f"{len(failed)} of {len(rows)} row{'s' * (len(rows) != 1)} failed: {', '.join(failed)}")
    photographs = report.test_images.photographs
    if photographs and photographs.skipped:
        names = ", ".join(skipped.path for skipped in photographs.skipped)
        count = len(photographs.names) + len(photographs.skipped)
        share = f"{len(photographs.skipped)} of {count} photograph{'s' * (count != 1)}"
        raise ToolkitError(f"{share} could not be read: {names}")
    return EXIT_DONE


def _measure_together(
    tasks: Sequence[Task[Outcome]], peers: Sequence[Task[PeerOutcome]], config: BenchmarkConfig, *, is_quiet: bool
) -> tuple[list[list[Trial[Outcome]]], list[list[Trial[PeerOutcome]]]]:
    """Measure variants and peers in the same rounds, and split the trials."""
    from benchmarks.analysis.latency import has_converged
    from benchmarks.progress import progress_bar

    together: list[Task[Any]] = [*tasks, *peers]
    with progress_bar(is_quiet=is_quiet) as note:
        trials = measure_in_rounds(
            together, Schedule(config.repeats, config.seed, config.max_repeats), note=note,
            is_enough=lambda trials: has_converged(trials[: len(tasks)]),
        )  # fmt: skip
    return trials[: len(tasks)], trials[len(tasks) :]


if __name__ == "__main__":
    console.run(main)
