"""The folder of an unfinished training, `runs/.NAME.partial`, with its configuration and state.

A finished run appears beside it in one rename, and then this folder is removed.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, fields, replace
from pathlib import Path

from edge.errors import RunError
from edge.system import atomic_file
from train.config import TrainConfig, config_from_json, preset_for
from train.results.run_dir import run_name

STATE = "state.npz"
_CONFIG = "config.json"
_SUFFIX = ".partial"
_FREE = ("name", "runs", "report", "resume")  # may differ when a run is resumed


def partial_folder(config: TrainConfig) -> Path:
    """Return the folder of the run's unfinished training."""
    return config.runs / f".{run_name(config)}{_SUFFIX}"


def resumed(config: TrainConfig) -> TrainConfig:
    """Return the configuration of the unfinished run that `--resume` selects; flags need not be repeated.

    Raises:
        RunError: there is no such run, there are several, or it was started with other settings.
    """
    folder = _find(config)
    stored = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
    original = config_from_json(stored["config"])
    default = TrainConfig()
    for name in (field.name for field in fields(TrainConfig) if field.name not in _FREE):
        value = getattr(config, name)
        if value not in (getattr(default, name), getattr(original, name)):
            raise RunError(
                f"{folder} was started with {name} {getattr(original, name)}, not {value}: "
                "leave the flag out, or start a run with another --name"
            )
    if json.loads(json.dumps(asdict(preset_for(original)))) != stored["preset"]:
        raise RunError(f"the preset {original.preset} has changed since {folder} was started: start anew")
    report = original.report and config.report
    return replace(original, name=_name(folder), runs=config.runs, report=report, resume=True)


def start(config: TrainConfig) -> Path:
    """Make the folder of a new training, or return the one to resume in.

    Raises:
        FileExistsError: a finished run of this name exists.
        RunError: an unfinished run of this name exists.
    """
    finished, folder = config.runs / run_name(config), partial_folder(config)
    _sweep(config.runs)
    if finished.exists():
        raise FileExistsError(f"{finished} exists already: choose another name or remove it")
    if (folder / STATE).exists() and not config.resume:
        raise RunError(f"{folder} holds an unfinished run: go on with `{how_to_resume(config)}`, or remove the folder")
    folder.mkdir(parents=True, exist_ok=True)
    content = {"config": asdict(config), "preset": asdict(preset_for(config))}
    atomic_file.write_text(folder / _CONFIG, json.dumps(content, indent=2, default=str) + "\n")
    return folder


def how_to_resume(config: TrainConfig) -> str:
    """Return the command that resumes the run."""
    runs = "" if config.runs == TrainConfig().runs else f" --runs {config.runs}"
    return f"python -m train --resume --name {run_name(config)}{runs}"


def remove_if_empty(folder: Path) -> None:
    """Remove the folder of a training that ended before its first epoch."""
    if not (folder / STATE).exists():
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(runs: Path) -> None:
    """Remove the leftovers of killed trainings: unfinished run folders, and states of finished runs."""
    atomic_file.sweep(runs)
    for folder in runs.glob(f".*{_SUFFIX}"):
        if (runs / _name(folder)).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _find(config: TrainConfig) -> Path:
    pattern = f".{config.name or '*'}{_SUFFIX}/{_CONFIG}"
    folders = [path.parent for path in config.runs.glob(pattern)]
    folders = sorted(folder for folder in folders if not (config.runs / _name(folder)).exists())
    if not folders:
        name = f" called {config.name}" if config.name else ""
        raise RunError(f"{config.runs} holds no unfinished run{name}: start one without --resume")
    if len(folders) > 1:
        names = ", ".join(_name(folder) for folder in folders)
        raise RunError(f"{config.runs} holds several unfinished runs ({names}): choose one with --name")
    return folders[0]


def _name(folder: Path) -> str:
    return folder.name.removeprefix(".").removesuffix(_SUFFIX)
