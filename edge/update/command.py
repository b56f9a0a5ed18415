"""`edge-classify update`: fetch a model, verify and test it, switch to it; or go back, or say what is what."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from edge.artifact.file import default_model, read_artifact
from edge.cli import console
from edge.cli.trust_flags import trust_policy_from
from edge.errors import EXIT_DONE, ToolkitError, UpdateError
from edge.system.urls import append_to_path, redact_url
from edge.update import state as states
from edge.update.evaluation_process import self_test
from edge.update.fetch import fetch
from edge.update.flags import parser
from edge.update.metrics import Figures, Limits, complaints, summary
from edge.update.state import Model, State, named
from edge.update.store import Store, default_folder, utc_now

SIGNATURE_SUFFIX = ".minisig"
_MAX_SIGNATURE_BYTES = 8192  # as minisign has it

_LOGGER = logging.getLogger(__name__)


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Do what the flags say; print a line for each thing that was found, or the store's state as JSON."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    store = Store(options.store or default_folder())
    facts: dict[str, Any] = {}
    try:
        if options.status:
            lines = _status(store)
        elif options.rollback:
            lines = _roll_back(store)
        else:
            lines, facts = _update(options, store)
    except console.Terminated as error:  # which elsewhere is a good end
        raise UpdateError("ended by SIGTERM: --status says which model is installed") from error
    print(json.dumps({**json.loads(store.read().to_json()), **facts}) if options.json else "\n".join(lines))
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


def _update(options: argparse.Namespace, store: Store) -> tuple[list[str], dict[str, Any]]:
    """Everything from the file's arrival to the switch; lines for people, and the figures for a program."""
    name = redact_url(options.source)
    with store.updating() as folder:
        file = _fetched(options, folder)
        with _called(file, name):
            artifact = read_artifact(file, policy=trust_policy_from(options))
            model = Model(artifact.sha256, artifact.format, name, utc_now())
            before = _read(store)
            lines = [f"new model       {name}, {artifact.size_bytes / 1000:.1f} kB, SHA-256 {model.sha256}"]
            if _is_there(store, before, model):
                return [*lines, f"nothing to do   {named(before.current)} is current{_stage(before)}"], {}
            _refuse_again(before, model, options)
            figures = _tested(file, model.sha256, store, before, options)
        store.keep(file, model, lambda state: states.installed(state, model))
    return [*lines, *summary(figures), f"installed       {named(model)} in {store.folder}, on trial",
            _next(store)], {"self_test": asdict(figures)}  # fmt: skip


def _read(store: Store) -> State:
    """The store's state; a damaged one is said, and counts as empty."""
    try:
        return store.read()
    except UpdateError as error:
        _LOGGER.warning("%s", error)
        return State()


def _fetched(options: argparse.Namespace, folder: Path) -> Path:
    """The file in `folder`, with the suffix that its content asks for; beside it its signature, if one is required."""
    file = folder / "model"
    is_pinned = trust_policy_from(options) is not None
    progress = _show_progress if sys.stderr.isatty() and not options.quiet else None
    try:
        fetch(options.source, file, is_pinned=is_pinned, timeout_s=options.timeout_s, progress=progress)
    finally:
        if progress:
            sys.stderr.write("\n")
    with file.open("rb") as content:
        is_tflite = content.read(8)[4:] == b"TFL3"
    file = file.rename(file.with_suffix(".tflite" if is_tflite else ".onnx"))
    if options.require_signature:
        signature = file.with_name(f"{file.name}{SIGNATURE_SUFFIX}")
        source = append_to_path(options.source, SIGNATURE_SUFFIX)
        fetch(source, signature, is_pinned=True, timeout_s=options.timeout_s, limit_bytes=_MAX_SIGNATURE_BYTES)
    return file


@contextmanager
def _called(file: Path, name: str) -> Iterator[None]:
    """In errors, the name that the user gave stands for the file's own."""
    try:
        yield
    except ToolkitError as error:
        raise type(error)(str(error).replace(str(file), name)) from error


def _is_there(store: Store, state: State, model: Model) -> bool:
    """Whether the model is current already, and whole."""
    if state.current is None:
        return model.sha256 == read_artifact(default_model()).sha256
    try:
        return model.sha256 == state.current.sha256 and store.whole(state.current).exists()
    except ToolkitError:
        return False


def _refuse_again(state: State, model: Model, options: argparse.Namespace) -> None:
    back = state.rolled_back
    if back and back.sha256 == model.sha256 and not options.again:
        raise UpdateError(f"{named(model)} was rolled back, {back.time}: {back.reason}; --again tries it once more")


def _tested(file: Path, sha256: str, store: Store, state: State, options: argparse.Namespace) -> Figures:
    """The figures of a self-test that was passed."""
    vouched = trust_policy_from(options) is not None
    current, current_sha256 = _compared_with(store, state)
    figures = self_test(
        file,
        current,
        sha256=sha256 if vouched else "",
        current_sha256=current_sha256,
        samples=options.samples,
        truths=dict(options.truths),
    )
    limits = Limits(**{field.name: getattr(options, field.name) for field in fields(Limits)})
    if found := complaints(figures, limits, allows_new_labels=options.allow_new_labels):
        raise UpdateError(f"{file} failed its self-test: {'; '.join(found)}; nothing was switched")
    return figures


def _compared_with(store: Store, state: State) -> tuple[Path, str]:
    """The newest good model whose file is whole, and its SHA-256; of the built-in one that isn't needed."""
    for model in (state.good, state.last_good):
        with suppress(ToolkitError):
            return store.whole(model), model.sha256 if model else ""
    return store.path(None), ""


def _show_progress(count: int, total: int | None) -> None:
    """One line on stderr, written over and over."""
    of = f" of {total / 1e6:.1f} MB, {100 * count / max(total, 1):3.0f} %" if total is not None else " MB"
    sys.stderr.write(f"\r{count / 1e6:.1f}{of}")
    sys.stderr.flush()


def _next(store: Store) -> str:
    """What remains to be done."""
    where = "" if store.folder == default_folder() else f" {store.folder}"
    return f"next            it runs from the next start of edge-classify --store{where}"


def _described(model: Model | None) -> str:
    return f"{named(model)} from {model.source}, {model.time}" if model else named(None)


def _stage(state: State) -> str:
    if state.trial is None:
        return ""
    return ", on trial" + (f", started {state.trial.starts} times" if state.trial.starts else ", not started yet")
