"""`edge-classify update`: fetch, verify, evaluate and install a model, roll back, or report the state."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path

from edge.artifact.file import default_model, read_artifact
from edge.artifact.manifest import Manifest
from edge.artifact.trust import TrustPolicy
from edge.cli import console
from edge.cli.signals import Terminated
from edge.errors import EXIT_DONE, RefusedModelError, ToolkitError, UpdateError
from edge.system.host import utc_now
from edge.system.urls import redact_url
from edge.update import state as states
from edge.update.evaluation_process import Metrics, complaints, evaluate_in_child, is_models_fault, summary
from edge.update.fetch import errors_name, fetch, fetch_signature
from edge.update.flags import UpdateConfig, config_from, parser
from edge.update.rollout import Offer, read_offer
from edge.update.state import FailedModel, Model, State, named
from edge.update.store import Store, default_folder


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
    if failed := state.refused:
        lines.append(f"refused         model {failed.sha256[:12]}, {failed.time}: {failed.reason}")
    if manifest := state.manifest:
        lines.append(f"manifest        of {manifest.issued}, {_release(manifest)}")
    return lines


def _roll_back(store: Store) -> list[str]:
    before = store.read()
    if before.current is None:
        raise UpdateError(f"there is nothing to roll back in {store.folder}: the built-in model is current")
    after = store.change(lambda state: states.rolled_back(state, reason="by hand", time=utc_now()))
    return [f"rolled back     {named(before.current)} to {named(after.current)}", _next(store)]


def _update(config: UpdateConfig, store: Store) -> tuple[list[str], Metrics | None]:
    """Fetch, verify, evaluate and install a model; return lines of the report, and metrics if it was evaluated."""
    lines: list[str] = []
    with store.updating() as folder:
        if config.device_id is not None:
            offer = _read_offer(config, folder, store)
            before = store.read()
            lines = [f"manifest        of {offer.manifest.issued}, {_release(offer.manifest)}"]
            if _is_current(store, before, offer.manifest.sha256):
                return [*lines, _nothing_to_do(store, before)], None
            if not offer.takes_part:
                return [*lines, f"not yet         this device comes at {offer.place:.1f} %"], None
            _refuse_rolled_back(before, offer.manifest.sha256, config)
            config = replace(config, source=offer.source, policy=TrustPolicy(offer.manifest.sha256))
        name = redact_url(config.source)
        file = _fetch(config, folder)
        with _refusals_noted(store, name, file):
            artifact = read_artifact(file, policy=config.policy)
        model = Model(artifact.sha256, artifact.format, name, utc_now())
        before = store.read_or_empty()
        lines.append(f"new model       {name}, {artifact.size_bytes / 1000:.1f} kB, SHA-256 {model.sha256}")
        if _is_current(store, before, model.sha256):
            return [*lines, _nothing_to_do(store, before)], None
        _refuse_rolled_back(before, model.sha256, config)
        with _refusals_noted(store, name, file):
            metrics = _evaluate(file, model.sha256, store, before, config)
        store.install(file, model)
    return [*lines, *summary(metrics), f"installed       {named(model)} in {store.folder}, on trial",
            _next(store)], metrics  # fmt: skip


def _read_offer(config: UpdateConfig, folder: Path, store: Store) -> Offer:
    """Fetch the manifest, and note it as the newest that was seen."""
    assert config.policy is not None
    assert config.device_id is not None
    offer = read_offer(
        config.source,
        folder,
        public_key=config.policy.public_key,
        device_id=config.device_id,
        name=config.manifest_name,
        timeout_s=config.timeout_s,
    )
    noted = replace(offer.manifest, model=redact_url(offer.manifest.model))  # the store holds no secret
    store.change(lambda state: states.seen(state, noted), mends=True)
    return offer


def _refuse_rolled_back(state: State, sha256: str, config: UpdateConfig) -> None:
    back = state.rolled_back
    if back and back.sha256 == sha256 and not config.again:
        failure = f"model {sha256[:12]} was rolled back, {back.time}: {back.reason}"
        raise UpdateError(f"{failure}; --again tries it once more")


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
        fetch_signature(config.source, file, timeout_s=config.timeout_s)
    return file


@contextmanager
def _refusals_noted(store: Store, name: str, file: Path) -> Iterator[None]:
    """Note in the store which model was refused, for its run to publish; errors name the file as the user did.

    What the device, its operator or the samples are to blame for isn't noted. A note that fails doesn't hide the error.
    """
    try:
        with errors_name(name, file):
            yield
    except UpdateError as error:
        if is_models_fault(error.__cause__):
            with suppress(OSError, UpdateError):
                failed = FailedModel(hashlib.sha256(file.read_bytes()).hexdigest(), str(error), utc_now())
                store.change(lambda state: replace(state, refused=failed), mends=True)
        raise


def _is_current(store: Store, state: State, sha256: str) -> bool:
    """Return true if the model is current already, and its file is undamaged."""
    if state.current is None:
        return sha256 == read_artifact(default_model()).sha256
    try:
        return sha256 == state.current.sha256 and store.verified_path(state.current).exists()
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
        raise RefusedModelError(f"{file} failed its self-test: {'; '.join(failures)}; nothing was switched")
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


def _release(manifest: Manifest) -> str:
    return f"{manifest.name}, model {manifest.sha256[:12]} for {manifest.rollout_percent:g} % of the devices"


def _nothing_to_do(store: Store, state: State) -> str:
    if state.refused:
        store.change(lambda now: replace(now, refused=None))
    return f"nothing to do   {named(state.current)} is current{_stage(state)}"


def _stage(state: State) -> str:
    if state.trial is None:
        return ""
    return ", on trial" + (f", started {state.trial.starts} times" if state.trial.starts else ", not started yet")
