"""`python -m tests.hardening frames`: damaged images, videos and streams against the runner."""

from __future__ import annotations

import argparse
import math
import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edge.cli import console
from tests.hardening.attack_command import attack_parser
from tests.hardening.figures import AttackResult, Figure
from tests.hardening.malformed_media import pictures, videos
from tests.hardening.malformed_media.bombs import bombs
from tests.hardening.malformed_media.monitored_run import HANGS_S, SILENCE_S, Job, Outcome, run_jobs
from tests.hardening.malformed_media.servers import servers, serving

_BATCH = 1000  # pictures in a folder at a time
_PICTURES_A_VIDEO = 10  # one video is tried for so many pictures
_VIDEOS_A_DETAIL = 5  # of so many that did no harm one is told of in full
_MOST_MEMORY_MB = 512
_LIVE = ("--give-up-after", "3", "--stall-timeout", "1")
_IMAGE_S = 75.0  # an image may take a minute to come
_WARM_UP = Job("warm-up", ("--source", "demo", "--max-frames", "1", "--json"))


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = attack_parser(
        "frames", "Damaged pictures, bombs, videos and hostile servers against edge-classify.", seed_of="the damage",
    )  # fmt: skip
    flags.add_argument("--count", type=console.positive_int, default=10_000, metavar="N",
                       help=f"damaged pictures, and one damaged video for every {_PICTURES_A_VIDEO}")  # fmt: skip
    return flags


def measure(options: argparse.Namespace) -> AttackResult:
    """Attack with pictures, bombs, streams, videos and servers."""
    groups = {
        "pictures": attack_pictures(options.count, options.seed),
        "bombs": attack_with_bombs(),
        "MJPEG": [attack_mjpeg(options.count // 4, options.seed)],
        "videos": attack_videos(-(-options.count // _PICTURES_A_VIDEO), options.seed),
        "servers": attack_from_servers(),
    }
    details = [
        _detail(group, outcome)
        for group, outcomes in groups.items()
        for number, outcome in enumerate(outcomes)
        if group != "videos" or number % _VIDEOS_A_DETAIL == 0 or outcome.crash or outcome.is_hung
    ]
    return AttackResult(figures(groups, options.count + len(bombs())), {"count": options.count}, details)


def attack_pictures(count: int, seed: int) -> list[Outcome]:
    """Folders of damaged pictures, each met by a process of its own."""
    originals = pictures.seeds()
    outcomes = []
    for first in range(0, count, _BATCH):
        numbers = range(first, min(first + _BATCH, count))
        mutants = ((number, *pictures.mutant(number, seed=seed, originals=originals)) for number in numbers)
        outcomes += _in_folder((f"{number:06d}{suffix}", content) for number, suffix, content in mutants)
    return outcomes


def attack_with_bombs() -> list[Outcome]:
    """A folder of pictures that are far larger than their files."""
    return _in_folder(bombs())


def attack_mjpeg(count: int, seed: int) -> Outcome:
    """Damaged JPEGs one after the other on standard input, a whole one behind each tenth."""
    jpegs = [original for original in pictures.seeds() if original[1].startswith(b"\xff\xd8")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "damaged.mjpeg")
        with path.open("wb") as file:
            for number in range(count):
                file.write(pictures.mutant(number, seed=seed, originals=jpegs)[1])
                if number % 10 == 0:
                    file.write(jpegs[0][1])
        return _less(run_jobs([_WARM_UP, Job("MJPEG", ("--source", "-", "--json"), stdin=path)]))[-1]


def attack_videos(count: int, seed: int) -> list[Outcome]:
    """Damaged videos one after the other, and misdeclared ones, all read by one process."""
    originals = videos.seeds()
    files = [(f"{number:04d}_", *videos.mutant(number, seed=seed, originals=originals)) for number in range(count)]
    files += [("", name, content) for name, content in videos.misdeclared_videos()]
    with tempfile.TemporaryDirectory() as folder:
        jobs = [_WARM_UP]
        for prefix, name, content in files:
            path = Path(folder, prefix + name)
            path.write_bytes(content)
            jobs.append(Job(path.name, ("--source", str(path), "--json")))
        return _less(run_jobs(jobs))


def attack_from_servers() -> list[Outcome]:
    """Read from each server in a process of its own."""
    outcomes = []
    for server in servers():
        with serving(server) as url:
            until = ("--max-frames", str(server.valid)) if server.valid else ()
            arguments = ("--source", url, "--json", *_LIVE, *until)
            # What comes for ever takes its time for ever; the run must end all the same.
            job = Job(server.name, arguments, hangs_s=math.inf, silence_s=_IMAGE_S)
            outcomes += _less(run_jobs([_WARM_UP, job]))
    return outcomes


def figures(groups: dict[str, list[Outcome]], tried: int) -> list[Figure]:
    """Return the counts and promises; `tried` are the images in folders."""
    every = [outcome for outcomes in groups.values() for outcome in outcomes]
    folders = [*groups["pictures"], *groups["bombs"]]
    classified, skipped = sum(each.frames for each in folders), sum(each.skipped + each.left_out for each in folders)
    mjpeg, films = groups["MJPEG"][0], groups["videos"]
    played, refused = [each for each in films if each.frames], [each for each in films if each.error]
    wanted = sum(server.valid for server in servers())
    seen = sum(each.frames for each in groups["servers"])
    apart = [outcome for group, outcomes in groups.items() if group != "videos" for outcome in outcomes]
    return [
        Figure("damaged pictures and bombs", tried),
        Figure("of these classified", classified),
        Figure("of these skipped, with a sentence each", skipped),
        Figure("of these neither", tried - classified - skipped, limit=0),
        Figure("pictures of a damaged MJPEG stream classified", mjpeg.frames),
        Figure("pictures of it skipped", mjpeg.skipped),
        Figure("damaged and lying videos", len(films)),
        Figure("of these played", len(played)),
        Figure("of these refused, with a sentence each", len(refused)),
        Figure("of these neither", len(films) - len({id(each) for each in [*played, *refused]}), limit=0),
        Figure("hostile servers", len(groups["servers"])),
        Figure("whole pictures to be found among the rest", wanted),
        Figure("of these found and classified", seen, limit=wanted, limit_kind="at least"),
        Figure("crashes", sum(bool(each.crash) for each in every), limit=0),
        Figure(
            f"hangs: {HANGS_S:g} s of processor time or {SILENCE_S:g} s of silence",
            sum(each.is_hung for each in every),
            limit=0,
        ),
        Figure("errors nobody expected", sum(each.error.startswith("unexpected") for each in every), limit=0),
        Figure(
            "most processor time for one picture or video",
            max(each.longest_s for each in [*folders, mjpeg, *films]),
            "s",
            limit=HANGS_S,
        ),
        Figure("most memory, pictures and streams", _megabytes(apart), "MB", limit=_MOST_MEMORY_MB),
        Figure("most memory, videos", _megabytes(films), "MB"),
        Figure("threads left over", max(each.threads for each in every), limit=0),
        Figure("file handles left over", max(each.handles for each in every), limit=0),
    ]


def _in_folder(files: Iterable[tuple[str, bytes]]) -> list[Outcome]:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files:
            Path(folder, name).write_bytes(content)
        return _less(run_jobs([_WARM_UP, Job("folder", ("--source", folder, "--json"))]))


def _less(outcomes: list[Outcome]) -> list[Outcome]:
    """Return the outcomes without the warm-up, and without the threads and handles that it left."""
    before, *others = outcomes
    for outcome in others:
        outcome.threads = max(0, outcome.threads - before.threads)
        outcome.handles = max(0, outcome.handles - before.handles)
    return others


def _megabytes(outcomes: Sequence[Outcome]) -> float:
    return max(outcome.memory_bytes for outcome in outcomes) / 1e6


def _detail(group: str, outcome: Outcome) -> dict[str, Any]:
    """Return the result of a run without the folder, which is deleted by now."""
    values = asdict(outcome)
    name = values.pop("job")["name"]
    del values["last_line"]
    folder = re.compile(re.escape(tempfile.gettempdir()) + r"/[^/ ]+/")
    return {"group": group, "name": name} | {
        key: folder.sub("", value) if isinstance(value, str) else value for key, value in values.items()
    }
