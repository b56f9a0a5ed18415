"""Fills the figures of README and docs from docs/measured/, so that no number in them comes from a keyboard.

A block between `<!-- measured: WHAT -->` and `<!-- end -->` is replaced. WHAT is a file of docs/measured/, followed
by the lines to show where it is long (`train.txt 1-3 -2`: the first three and the last two; `p4-5`: two paragraphs), or
one of:
`markdown FILE`, for a file that is no console output; `benchmark table`, `short`, `recommendation` or `machine`;
`curve table`, networks on the data set and on photographs; `scores`, areas under the curve of the network that
ships; `training commands` and `clothes commands`, the runs of `make ship`; `flags`, of
every command or of the one that follows; `hardening NAME`, counts of an attack; `platforms`, where it was installed;
`int8 weights` and `int8 machine`, ways to quantize an ONNX file; `teach`, classes that were taught; `own classes
STEP`, the walk with one's own; `rejection scores`, scores for `unknown`;
`other runtimes`, what they make of our files; `web page` and `web runtimes`, the browser's.
`--check` changes nothing and fails if a page is out of date.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]  # run as a file, it would find an installed copy or nothing
MEASURED = ROOT / "docs" / "measured"
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_BLOCK = re.compile(r"(<!-- measured: (?P<what>.+?) -->\n)(?P<body>.*?)(<!-- end -->)", re.DOTALL)


def render(text: str) -> str:
    """Return the text with every block rendered."""
    return _BLOCK.sub(lambda block: f"{block[1]}{_body(block['what'])}{block[4]}", text)


def _body(what: str) -> str:
    if what in _WHOLE:
        return _WHOLE[what]()
    for kind, part in _PARTS.items():
        if what.startswith(kind):
            return part(what.removeprefix(kind).strip())
    name, *ranges = what.split()
    lines = (MEASURED / name).read_text(encoding="utf-8").rstrip("\n").split("\n")
    return "```text\n" + "\n".join(_selected(lines, ranges)) + "\n```\n"


def _selected(lines: list[str], ranges: list[str]) -> list[str]:
    """Return the lines of each range, with an ellipsis between two ranges."""
    if not ranges:
        return lines
    parts = []
    for text in ranges:
        gap = "\n\n" if text.startswith("p") else "\n"
        units, (first, _, last) = "\n".join(lines).split(gap), text.removeprefix("p").partition("-")
        parts.append(gap.join(units[int(first) - 1 : int(last)] if first else units[-int(last) :]).split("\n"))
    return [line for number, part in enumerate(parts) for line in ([*["..."] * (number > 0), *part])]


def _benchmark(what: str) -> str:
    from benchmarks.host.environment import machine_name, shown_time
    from benchmarks.records import from_record
    from benchmarks.report.schema import Report
    from benchmarks.report.table import COLUMNS, ordered

    report = from_record(Report, json.loads((ROOT / "docs" / "report" / "report.json").read_text(encoding="utf-8")))
    if what == "recommendation":
        return "".join(f"> {line}\n" for line in report.recommendation)
    if what == "machine":
        return f"{machine_name(report.environment)}; {shown_time(report.environment)}\n"
    rows = ordered(report.rows)
    columns = [column for column in COLUMNS if column.heading not in _LEFT_OUT]
    if what == "short":
        rows = [row for row in rows if row.variant.startswith("edge_") and "calibration" not in row.variant]
        columns = [column for column in columns if column.heading in _SHORT]
    lines = [
        [column.heading for column in columns],
        ["--:" if column.is_number else "---" for column in columns],
        *([column.show(row) for column in columns] for row in rows),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _hardening(name: str) -> str:
    from tests.hardening.figures import page

    return page(json.loads((MEASURED / f"hardening_{name}.json").read_text(encoding="utf-8")))


def _platforms() -> str:
    from tests.platforms.rows import table

    report = json.loads((MEASURED / "hardening_platforms.json").read_text(encoding="utf-8"))
    return table(report["details"]) + "\n"


def _curve_table() -> str:
    points = json.loads((MEASURED / "curve.json").read_text(encoding="utf-8"))
    lines = [
        ["int8 file of", "Fashion-MNIST %", "photographs %", "AUROC", "known kept %", "unknown rejected %"],
        ["---", "--:", "--:", "--:", "--:", "--:"],
        *(
            [
                point["run"],
                f"{100 * point['fashion_mnist']:.2f}",
                f"{100 * point['photographs']:.1f}",
                f"{point['area_under_roc']:.3f}",
                f"{100 * point['known_kept']:.1f}",
                f"{100 * point['unknown_rejected']:.1f}",
            ]
            for point in points
        ),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _scores() -> str:
    """Return the areas of all scores of the network that ships, best first, as a sentence."""
    metrics = json.loads((ROOT / "pretrained" / "edge" / "metrics.json").read_text(encoding="utf-8"))
    separations = metrics["ood_evaluation"]["separations"]
    areas = sorted(((separation["area_under_roc"], score) for score, separation in separations.items()), reverse=True)
    return ", ".join(f"{score} {area:.3f}" for area, score in areas) + ".\n"


def _training_commands() -> str:
    from ship import IMAGES, RUNS

    lines = [f"python -m {command.format(photographs='photos')} --out runs/{file}" for file, command in IMAGES.items()]
    lines += [f"python -m train --name {name} {flags.format(runs='runs')}" for name, flags in RUNS.items()]
    return "```sh\n" + "\n".join(lines) + "\n```\n"


def _clothes_commands() -> str:
    from ship import CLOTHES, CLOTHES_EXPORT

    lines = ["python docs/clothes_images.py --photographs photos --out runs/clothes_known --no-unknown",
             "python docs/clothes_images.py --photographs photos --out runs/clothes_photographs",
             *(f"python -m train --name {name} {flags.format(runs='runs')}" for name, flags in CLOTHES.items()),
             f"python -m export.tflite runs/clothes {CLOTHES_EXPORT}"]  # fmt: skip
    return "```sh\n" + "\n".join(lines) + "\n```\n"


def _flags(command: str) -> str:
    """Return a table with a row for each flag of the command, or of all commands, and its help text."""
    from edge.cli import config_file

    lines = ["| command | flag | what it does |", "| --- | --- | --- |"]
    for parser in (parser for parser in _parsers() if command in ("", parser.prog)):
        for action in config_file.actions(parser):
            if action.dest == "help":
                continue
            words = config_file.help_of(parser, action).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
            lines.append(f"| `{parser.prog}` | `{config_file.synopsis(action)}` | {words} |")
    return "\n".join(lines) + "\n"


def _parsers() -> list[argparse.ArgumentParser]:
    """Return the parsers of all commands; those of export need TensorFlow."""
    import benchmarks.__main__
    import edge.run.flags
    import export.command
    import export.micro.__main__
    import export.web.__main__
    import train.__main__
    import train.compare
    import train.photographs
    import train.report.__main__
    import train.scenes
    import train.soft_labels
    from edge.bulk import command as bulk
    from edge.collect import command as collect
    from edge.describe import command as describe
    from edge.doctor import command as doctor
    from edge.run import completion
    from edge.teach import command as teach
    from edge.update import flags as update
    from export.onnx import OnnxFormat
    from export.sign import parser as sign
    from export.tflite import TfliteFormat

    modules = (edge.run.flags, collect, describe, doctor, update, teach, bulk, completion, train.__main__,
               train.report.__main__, train.compare, train.photographs, train.scenes,
               train.soft_labels)  # fmt: skip
    exports = [export.command.parser(file_format(), epilog="") for file_format in (TfliteFormat, OnnxFormat)]
    pages = (export.web.__main__, export.micro.__main__)
    return [*(module.parser() for module in modules), *exports, *(module.parser() for module in pages), sign(),
            *(module.parser() for module in (benchmarks.__main__, *benchmarks.__main__.COMMANDS))]  # fmt: skip


def _int8_table() -> str:
    report = json.loads((MEASURED / "int8_weights.json").read_text(encoding="utf-8"))
    head = ["network", "weights", "top-1 %", "kernel = arithmetic %", "without VNNI: images", "= arithmetic %",
            "lost, points", "invoke, µs", "ratio, 95 % interval"]  # fmt: skip
    lines = [head, ["---", "---", *["--:"] * 7]]
    for row in report["rows"]:
        other, ratio = row["elsewhere"], row["invoke_ratio"]
        without = ["-"] * 3
        if other:
            without = [f"{other['images']:,}", f"{100 * other['agreement']:.2f}", f"{other['lost_pp']:+.2f}"]
        interval = f"{ratio['value']:.2f}, {ratio['low']:.2f} to {ratio['high']:.2f}"
        agreement = f"{100 * row['kernel_agreement']:.2f}"
        lines.append([row["network"], row["weights"], f"{100 * row['top1']:.2f}", agreement, *without,
                      f"{row['invoke_us']:.0f}", interval])  # fmt: skip
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _int8_machine() -> str:
    from benchmarks.host.environment import Environment, machine_name, shown_time
    from benchmarks.records import from_record

    report = json.loads((MEASURED / "int8_weights.json").read_text(encoding="utf-8"))
    environment = from_record(Environment, report["environment"])
    return f"{machine_name(environment)}; {shown_time(environment)}; without VNNI: {report['elsewhere']}\n"


def _page_of(module: str, name: str, function: str = "page", *part: str) -> str:
    """Return the page, or a part of it, that a module in docs makes of what was measured."""
    report = json.loads((MEASURED / f"{name}.json").read_text(encoding="utf-8"))
    return str(getattr(import_module(module), function)(report, *part))


_WHOLE = {
    "portable": partial(_page_of, "micro", "portable_micro"),
    "micro own": partial(_page_of, "micro", "portable_micro", "own"),
    "micro commands": partial(_page_of, "micro", "portable_micro", "commands"),
    "image counts": partial(_page_of, "image_counts", "image_counts"),
    "students": partial(_page_of, "students", "students"),
    "rejection scores": partial(_page_of, "rejection_table", "rejection_scores"),
    "other runtimes": partial(_page_of, "other_runtimes", "other_runtimes"),
    "web page": partial(_page_of, "web_tables", "web"),
    "web runtimes": partial(_page_of, "web_tables", "web_runtimes", "runtimes"),
    "teach": partial(_page_of, "teach", "teach"),
    "fleet": partial(_page_of, "fleet_tables", "fleet"),
    "bulk": partial(_page_of, "fleet_tables", "bulk", "bulk"),
    "int8 weights": _int8_table,
    "int8 machine": _int8_machine,
    "training commands": _training_commands,
    "clothes commands": _clothes_commands,
    "curve table": _curve_table,
    "scores": _scores,
    "platforms": _platforms,
}
_PARTS: dict[str, Callable[[str], str]] = {
    "benchmark ": _benchmark,
    "markdown ": lambda name: (MEASURED / name).read_text(encoding="utf-8"),
    "hardening ": _hardening,
    "flags": _flags,
    "own classes ": partial(_page_of, "own_classes", "own_classes", "page"),
}
_SHORT = ("variant", "runtime", "size kB", "top-1 %", "loss pp", "invoke, µs median", "status")
_LEFT_OUT = ("quantization", "invoke, µs ± %", "invoke, µs p90", "frame to decision, ms ± %",
             "frame to decision, ms p90", "load ms")  # fmt: skip


def main() -> int:
    """Render the pages in place, or check them."""
    stale = []
    for page in PAGES:
        old = page.read_text(encoding="utf-8")
        new = render(old)
        if new != old:
            stale.append(page.relative_to(ROOT).as_posix())
            if "--check" not in sys.argv[1:]:
                page.write_text(new, encoding="utf-8")
    if "--check" not in sys.argv[1:]:
        return 0
    if stale:
        print(f"out of date: {', '.join(stale)}; run `python docs/render.py`", file=sys.stderr)
    return int(bool(stale))


if __name__ == "__main__":
    raise SystemExit(main())
