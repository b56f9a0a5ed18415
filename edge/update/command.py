"""`edge-classify update`: fetch, verify, evaluate and install a model, roll back, or report the state."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from edge.artifact.file import default_model, read_artifact
from edge.cli import console
from edge.cli.signals import Terminated
from edge.errors import EXIT_DONE, ToolkitError, UpdateError
from edge.system.urls import append_to_path, redact_url
from edge.update import state as states
from edge.update.evaluation_process import Metrics, complaints, evaluate_in_child, summary
from edge.update.fetch import fetch
from edge.update.flags import UpdateConfig, config_from, parser
from edge.update.state import Model, State, named
from edge.update.store import Store, default_folder, utc_now

_SIGNATURE_SUFFIX = ".minisig"
_MAX_SIGNATURE_BYTES = 8192  # as minisign has it


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Update, roll back or report; print a line for each fact, or the store's state as JSON."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    store = Store(options.store or default_folder())
    metrics = None
    try:
        if options.status:
            lines = _status(store)
        elif options.rollback:
            lines = _roll_back(store)
        else:
            config = config_from(options, shows_progress=sys.stderr.isatty() and not options.quiet)
            lines, metrics = _update(config, store)
    except Terminated as error:  # a success elsewhere
        raise UpdateError("ended by SIGTERM: --status says which model is installed") from error
    if options.json:
        facts = json.loads(store.read().to_json())
        print(json.dumps({**facts, "self_test": asdict(metrics)} if metrics else facts))
    else:
        print("\n".join(lines))
    return EXIT_DONE


def _status(store: Store) -> list[str]:
    state = store.read()
    lines = [f"store           {store.folder}", f"current         {_described(state.current)}{_stage(state)}"]
    if state.current:
        lines.append(f"before it       {_described(state.last_good)}, the last good one")
    if back := state.rolled_back:
        lines.append(f"rolled back     model {back.sha256[:12]}, {back.time}: {back.reason}")
    return lines


def _roll_back(store: Store) -> list[str]:
    before = store.read()
    if before.current is None:
        raise UpdateError(f"there is nothing to roll back in {store.folder}: the built-in model is current")
    after = store.change(lambda state: states.rolled_back(state, reason="by hand", time=utc_now()))
    return [f"rolled back     {named(before.current)} to {named(after.current)}", _next(store)]


def _update(config: UpdateConfig, store: Store) -> tuple[list[str], Metrics | None]:
    """Fetch, verify, evaluate and install a model; return lines of the report, and metrics if it was evaluated."""
    name = redact_url(config.source)
    with store.updating() as folder:
        file = _fetch(config, folder)
        with _errors_name(name, file):
            artifact = read_artifact(file, policy=config.policy)
            model = Model(artifact.sha256, artifact.format, name, utc_now())
            before = store.read_or_empty()
            lines = [f"new model       {name}, {artifact.size_bytes / 1000:.1f} kB, SHA-256 {model.sha256}"]
            if _is_current(store, before, model):
                return [*lines, f"nothing to do   {named(before.current)} is current{_stage(before)}"], None
            back = before.rolled_back
            if back and back.sha256 == model.sha256 and not config.again:
                failure = f"{named(model)} was rolled back, {back.time}: {back.reason}"
                raise UpdateError(f"{failure}; --again tries it once more")
            metrics = _evaluate(file, model.sha256, store, before, config)
        store.install(file, model)
    return [*lines, *summary(metrics), f"installed       {named(model)} in {store.folder}, on trial",
            _next(store)], metrics  # fmt: skip


def _fetch(config: UpdateConfig, folder: Path) -> Path:
    """Fetch the file into a folder, with the suffix of its format, and its signature if one is required."""
    file = folder / "model"
    is_pinned = config.policy is not None
    progress = _show_progress if config.shows_progress else None
    try:
        fetch(config.source, file, is_pinned=is_pinned, timeout_s=config.timeout_s, progress=progress)
    finally:
        if progress:
            sys.stderr.write("\n")
    with file.open("rb") as content:
        is_tflite = content.read(8)[4:] == b"TFL3"
    file = file.rename(file.with_suffix(".tflite" if is_tflite else ".onnx"))
    if config.policy and config.policy.public_key:
        signature = file.with_name(f"{file.name}{_SIGNATURE_SUFFIX}")
        source = append_to_path(config.source, _SIGNATURE_SUFFIX)
        fetch(source, signature, is_pinned=True, timeout_s=config.timeout_s, limit_bytes=_MAX_SIGNATURE_BYTES)
    return file


@contextmanager
def _errors_name(name: str, file: Path) -> Iterator[None]:
    """Replace the temporary file's path in errors by the user's name for it."""
    try:
        yield
    except ToolkitError as error:
        raise UpdateError(str(error).replace(str(file), name)) from error


def _is_current(store: Store, state: State, model: Model) -> bool:
    """Return true if the model is current already, and its file is undamaged."""
    if state.current is None:
        return model.sha256 == read_artifact(default_model()).sha256
    try:
        return model.sha256 == state.current.sha256 and store.verified_path(state.current).exists()
    except ToolkitError:
        return False


def _evaluate(file: Path, sha256: str, store: Store, state: State, config: UpdateConfig) -> Metrics:
    """Return the metrics of a model that keeps all limits; one that doesn't is an error."""
    current, current_sha256 = _compared_with(store, state)
    metrics = evaluate_in_child(
        file,
        current,
        sha256=sha256 if config.policy else "",
        current_sha256=current_sha256,
        samples=config.samples,
        truths=config.truths,
    )
    if failures := complaints(metrics, config.limits, allows_new_labels=config.allow_new_labels):
        raise UpdateError(f"{file} failed its self-test: {'; '.join(failures)}; nothing was switched")
    return metrics


def _compared_with(store: Store, state: State) -> tuple[Path, str]:
    """Return the newest good model whose file is undamaged, and its SHA-256; empty for the built-in one."""
    for model in (state.good, state.last_good):
        with suppress(ToolkitError):
            return store.verified_path(model), model.sha256 if model else ""
    return store.path(None), ""


def _show_progress(count: int, total: int | None) -> None:
    """Overwrite one line on stderr."""
    of = f" of {total / 1e6:.1f} MB, {100 * count / max(total, 1):3.0f} %" if total is not None else " MB"
    sys.stderr.write(f"\r{count / 1e6:.1f}{of}")
    sys.stderr.flush()


def _next(store: Store) -> str:
    where = "" if store.folder == default_folder() else f" {store.folder}"
    return f"next            it runs from the next start of edge-classify --store{where}"


def _described(model: Model | None) -> str:
    return f"{named(model)} from {model.source}, {model.time}" if model else named(None)


def _stage(state: State) -> str:
    if state.trial is None:
        return ""
    return ", on trial" + (f", started {state.trial.starts} times" if state.trial.starts else ", not started yet")
