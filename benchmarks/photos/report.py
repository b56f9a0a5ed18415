"""The report on photographs: one JSON structure, and the files that are rendered from it and the photographs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from benchmarks.host.environment import Environment
from benchmarks.photos.images import choose_hits, choose_mistakes, draw_confusion, draw_roc, sheet_png
from benchmarks.photos.measure import PhotoReport, PhotoResult, PhotosConfig
from benchmarks.photos.record import (
    DEFINITIONS,
    FrameSize,
    ModelIdentity,
    PhotoRow,
    Report,
    Shown,
    Stage,
    caveats,
    headline,
)
from benchmarks.photos.render import html_page, markdown
from benchmarks.photos.tally import confusion, folder_rows, kinds_of, rejection, split, total_rows
from benchmarks.report.charts.style import Palette, figure_png
from benchmarks.report.schema import to_json, write_folder
from benchmarks.stats.latency import summarise
from edge.classify.classifier import Classifier
from edge.system import atomic_file

SCHEMA_VERSION = 1


def describe_model(classifier: Classifier) -> ModelIdentity:
    """Return the identity of the model and the settings of its decision."""
    artifact, runtime, spec = classifier.artifact, classifier.runtime, classifier.spec
    return ModelIdentity(
        path=artifact.path,
        name=artifact.path.name,
        sha256=artifact.sha256,
        size_bytes=artifact.size_bytes,
        labels=spec.labels,
        decision=spec.decision,
        vision=spec.input.recipe,
        quantization=spec.provenance.quantization,
        run_name=spec.provenance.run_name,
        runtime=runtime.name,
        runtime_version=runtime.version,
    )


def build_report(found: PhotoReport, config: PhotosConfig, model: ModelIdentity, environment: Environment) -> Report:
    """Join the results of `benchmarks.photos.measure.measure_photos` and all that is known into one report."""
    report = Report(
        schema_version=SCHEMA_VERSION,
        statement=_statement(found, config, model),
        environment=environment,
        settings=replace(config, model=model.path),
        definitions=DEFINITIONS,
        model=model,
        folders=folder_rows(found),
        totals=total_rows(found),
        confusion=confusion(found),
        rejection=rejection(found),
        stages=_stages(found.results),
        frames=_frames(found.results),
        skipped=list(found.skipped),
        shown=Shown(
            mistakes=[result.photograph.name for result in choose_mistakes(found, most=config.mistakes)],
            hits=[result.photograph.name for result in choose_hits(found, each=config.hits)],
        ),
        photos=[_photo(result, found.labels) for result in found.results],
    )
    return replace(report, headline=tuple(headline(report)), caveats=tuple(caveats(report)))


def write_report(report: Report, found: PhotoReport, folder: Path) -> Path:
    """Write report.json, .md, .html and the pictures, as `write_folder` does, and return the page's path.

    Raises:
        OSError: the folder can't be written, or a photograph has gone.
        FrameError: a photograph has changed since it was measured.
    """
    return write_folder(folder, partial(_write_files, report, found))


def _write_files(report: Report, found: PhotoReport, folder: Path) -> None:
    results = {result.photograph.name: result for result in found.results}
    for name, paths in asdict(report.shown).items():
        _write_picture(folder / f"{name}.png", sheet_png([results[path] for path in paths]) if paths else None)
    _write_picture(folder / "confusion.png", figure_png(draw_confusion(report, Palette())))
    _write_picture(folder / "roc.png", figure_png(draw_roc(report, Palette())) if report.rejection else None)
    atomic_file.write_text(folder / "report.md", markdown(report))
    atomic_file.write_text(folder / "report.html", html_page(report))
    atomic_file.write_text(folder / "report.json", to_json(report))  # last: where it is new, the others are too


def _statement(found: PhotoReport, config: PhotosConfig, model: ModelIdentity) -> str:
    known, unknown = split(found.results)
    folders = len(kinds_of(found))
    return (
        f"{model.name} on {len(known)} known and {len(unknown)} unknown photographs in {folders} "
        f"folder{'s' * (folders > 1)} of {config.folder}"
    )


def _photo(result: PhotoResult, labels: Sequence[str]) -> PhotoRow:
    probabilities = dict(result.prediction.top_k)
    return PhotoRow(
        path=result.photograph.name,
        folder=result.photograph.kind.folder,
        label=result.prediction.label,
        right=result.is_right,
        top1=result.top1,
        top1_right=result.is_top1_right if result.photograph.kind.is_known else None,
        probability=result.prediction.probability,
        score=result.score,
        probabilities=[round(probabilities.get(label, 0.0), 6) for label in labels],
        height=result.height,
        width=result.width,
        latency_ns=result.prediction.latency_ns,
    )


def _stages(results: Sequence[PhotoResult]) -> dict[str, Stage]:
    """Return median and p90 of each stage, in the order of the classifier's clock."""
    stages = {}
    for name in results[0].prediction.latency_ns:
        summary = summarise([result.prediction.latency_ns[name] for result in results])
        stages[name] = Stage(summary.samples, summary.median_ns, summary.p90_ns)
    return stages


def _frames(results: Sequence[PhotoResult]) -> list[FrameSize]:
    """Count the sizes of the frames, the most frequent first."""
    sizes = Counter((result.height, result.width) for result in results)
    return [
        FrameSize(height, width, count)
        for (height, width), count in sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    ]


def _write_picture(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)  # of an earlier report in the same folder
    else:
        atomic_file.write_bytes(path, content)
