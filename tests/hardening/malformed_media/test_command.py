"""The attack on frames in small: a folder and videos against the runner itself, and how the figures come about."""

from __future__ import annotations

import pytest

from tests.hardening.figures import figure_with
from tests.hardening.malformed_media.command import attack_mjpeg, attack_pictures, attack_videos, figures, parser
from tests.hardening.malformed_media.monitored_run import Job, Outcome
from tests.hardening.malformed_media.servers import servers

COUNT = 100


def outcome(name: str = "a", **values: object) -> Outcome:
    """One that went well."""
    made = Outcome(Job(name, ()), code=0, memory_bytes=100_000_000)
    for key, value in values.items():
        setattr(made, key, value)
    return made


@pytest.mark.e2e
def test_damaged_pictures_and_videos_are_classified_or_skipped_and_the_runner_lives() -> None:
    (folder,) = attack_pictures(COUNT, seed=0)
    assert folder.frames + folder.skipped == COUNT
    films = attack_videos(4, seed=0)
    assert all(film.frames or film.error for film in films)
    every = [folder, attack_mjpeg(40, seed=0), *films]
    assert not any(each.crash or each.is_hung or each.threads or each.handles for each in every)
    assert {each.code for each in every} <= {0, 1}
    assert not any(each.error.startswith("unexpected") for each in every)


def test_a_promise_that_is_not_held_is_seen() -> None:
    groups = {
        "pictures": [outcome(frames=6, skipped=3)],
        "bombs": [outcome(frames=1, skipped=1)],
        "MJPEG": [outcome(frames=4, skipped=2)],
        "videos": [outcome(frames=9), outcome(error="can't open"), outcome(memory_bytes=900_000_000)],
        "servers": [outcome(frames=sum(server.valid for server in servers()))],
    }
    missed = {figure.what for figure in figures(groups, 12) if not figure.is_kept}
    assert missed == {"of these neither"}  # a picture and a video of which nothing was said
    groups["pictures"] = [outcome(frames=7, skipped=3, crash="exit code -11", memory_bytes=513_000_000)]
    groups["videos"] = [outcome(frames=9, threads=1, handles=2, is_hung=True)]
    groups["servers"] = [outcome(error="unexpected KeyError", longest_s=60.0)]
    failed = [figure for figure in figures(groups, 12) if not figure.is_kept]
    assert len(failed) == 7
    for words in ("found and classified", "crashes", "hangs", "errors nobody", "most memory", "threads left",
                  "handles left"):  # fmt: skip
        assert figure_with(failed, words)


def test_every_server_has_a_name_of_its_own_and_some_send_whole_pictures() -> None:
    names = [server.name for server in servers()]
    assert len(set(names)) == len(names) > 20
    assert sum(server.valid > 0 for server in servers()) == 5


def test_the_flags() -> None:
    options = parser().parse_args([])
    assert (options.count, options.seed, options.out) == (10_000, 0, None)
