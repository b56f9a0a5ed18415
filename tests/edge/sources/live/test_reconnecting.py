"""States of a live source between its start and its end, driven by a scripted camera on a clock of its own."""

from __future__ import annotations

import logging
import re
from itertools import islice

import numpy as np
import pytest

from edge.health import LIVE, STALE, STARTING
from tests.edge.sources.live.fake_camera import END, FakeCamera, Phase, live, times, watch


def test_frames_of_a_camera_that_works_are_numbered_and_carry_their_times() -> None:
    camera = FakeCamera(Phase(END, "noise"))
    source, health = live(camera)
    assert source.is_stream
    assert (source.name, source.skipped, health.state) == ("camera 7", 0, STARTING)
    frames = list(islice(source.frames(), 3))
    assert [frame.number for frame in frames if frame] == [0, 1, 2]
    assert [frame.captured_s for frame in frames if frame] == pytest.approx([0.1, 0.2, 0.3])
    assert {frame.source for frame in frames if frame} == {"camera 7"}
    assert (health.state, health.reason, health.dropped, health.reconnects) == (LIVE, "", 0, 0)


def test_only_the_newest_frame_is_taken_and_the_others_are_counted() -> None:
    camera = FakeCamera(Phase(END, "noise"))
    source, health = live(camera)
    frames = source.frames()
    next(frames)
    camera.clock.sleep(0.35)  # classifying took a while
    frame = next(frames)
    assert frame is not None
    assert frame.captured_s == pytest.approx(0.4)
    assert health.dropped == 2


def test_a_frame_that_waited_too_long_is_dropped() -> None:
    camera = FakeCamera(Phase(1.05, "noise"), Phase(20, "silent"), Phase(END, "noise"), read_timeout_s=30)
    source, health = live(camera)
    frames = source.frames()
    next(frames)
    camera.clock.sleep(10)  # somebody paused the process, and meanwhile the camera fell silent
    assert next(frames) is None
    assert health.state == STALE
    assert next(frames) is None
    assert health.dropped == 9


def test_a_camera_that_is_unplugged_is_stale_at_once_and_live_when_it_is_back(caplog: pytest.LogCaptureFixture) -> None:
    camera = FakeCamera(Phase(5.05, "noise"), Phase(9, "gone"), Phase(END, "noise"))
    source, health = live(camera)
    moments = watch(source, health, camera, 15)
    fresh = times(moments, fresh=True)
    assert fresh[:50] == pytest.approx([n / 10 for n in range(1, 51)])
    assert camera.opened_at == [0, 5.55, 6.55, 8.55, 12.55]  # after 0.5, 1, 2 and 4 s
    assert fresh[50] == pytest.approx(12.65)
    assert {(moment.state, moment.reason) for moment in moments if moment.shape is None} == {
        (STALE, "a read failed"),
        (STALE, "isn't plugged in"),
    }
    gone = times(moments, fresh=False)
    assert health.captured_s is None  # the loop's to say
    assert gone[0] == pytest.approx(5.05)  # said at once
    assert max(np.diff(gone)) == pytest.approx(1.0)
    assert (health.state, health.reason, health.reconnects) == (LIVE, "", 1)
    lost, back = caplog.messages
    assert lost.startswith("camera 7: a read failed;")
    assert re.fullmatch(r"camera 7 .* 7\.7 s", back)


def test_a_lost_camera_is_tried_without_end_every_ten_seconds_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    camera = FakeCamera(Phase(5, "noise"), Phase(END, "gone"))
    source, health = live(camera)
    watch(source, health, camera, 86_400)
    waits = np.diff(camera.opened_at)
    assert waits[1:7] == pytest.approx([1, 2, 4, 8, 10, 10])
    assert set(np.round(waits[7:], 6)) == {10.0}
    assert len(caplog.messages) == 1


def test_a_camera_that_comes_and_goes_is_given_more_and_more_time() -> None:
    phases = [Phase(n + 1, "fail" if n % 2 else "noise") for n in range(100)]
    camera = FakeCamera(*phases, Phase(200, "noise"), Phase(200.4, "fail"), Phase(END, "noise"))
    source, health = live(camera)
    watch(source, health, camera, 205)
    early = [time_s for time_s in camera.opened_at if time_s < 120]
    assert len(early) < 20
    assert camera.opened_at[len(early) :] == [pytest.approx(200.5)]  # it had worked for long: 0.5 s again


def test_only_a_long_silence_is_stale_until_the_next_frame() -> None:
    camera = FakeCamera(Phase(5.05, "noise"), Phase(6.5, "silent"), Phase(10, "noise"), Phase(14, "silent"),
                        Phase(END, "noise"))  # fmt: skip
    source, health = live(camera)
    moments = watch(source, health, camera, 16)
    silent = [(moment.time_s, moment.state) for moment in moments if moment.shape is None]
    assert silent[0] == (6.0, LIVE)
    assert silent[1][1] == LIVE
    assert silent[2] == (pytest.approx(silent[1][0] + 1), STALE)  # 2 s after the last frame, just before 10 s
    assert {state for _, state in silent[2:]} == {STALE}
    assert next(time_s for time_s in times(moments, fresh=True) if time_s > 10) == pytest.approx(14.0)
    assert camera.opened_at == [0]  # nobody needed to open it again
    assert health.reason == ""


def test_a_camera_silent_for_longer_than_a_read_waits_is_opened_again() -> None:
    camera = FakeCamera(Phase(5.05, "noise"), Phase(25, "silent"), Phase(END, "noise"))
    source, health = live(camera)
    moments = watch(source, health, camera, 40)
    assert camera.opened_at[:2] == [0, 10.5]
    assert next(moment.time_s for moment in moments if moment.state == STALE) == pytest.approx(7.0)
    assert times(moments, fresh=True)[50] == pytest.approx(25.0)
    assert health.state == LIVE


def test_a_read_that_never_returns_is_abandoned(caplog: pytest.LogCaptureFixture) -> None:
    camera = FakeCamera(Phase(5.05, "noise"), Phase(60, "hang"), Phase(END, "noise"))
    camera.can_be_opened_twice = True  # as another device, or as the same one, whose hanging read is forgotten
    source, health = live(camera)
    moments = watch(source, health, camera, 90)
    assert camera.opened_at == [0, pytest.approx(5 + 2 + 30 + 0.5 + 30, abs=1.5)]
    assert next(moment.time_s for moment in moments if moment.state == STALE) == pytest.approx(7.0)
    assert max(np.diff(times(moments, fresh=False))) == pytest.approx(1.0)
    assert times(moments, fresh=True)[50] == pytest.approx(camera.opened_at[1] + 0.1)
    assert (health.state, health.reconnects, camera.held) == (LIVE, 1, 2)
    assert re.match(r"camera 7: no frame .* 2 s;", caplog.messages[0])


def test_no_more_than_three_reads_are_left_hanging_and_a_pipe_is_waited_for() -> None:
    camera = FakeCamera(Phase(5.05, "noise"), Phase(END, "hang"))
    camera.can_be_opened_twice = True
    source, health = live(camera)
    watch(source, health, camera, 3600)
    assert (len(camera.opened_at), camera.held) == (4, 4)
    camera = FakeCamera(Phase(5.05, "noise"), Phase(END, "hang"))
    source, health = live(camera)
    watch(source, health, camera, 3600)
    assert camera.opened_at == [0]


def test_a_camera_that_starts_slowly_has_ten_seconds_for_its_first_frame() -> None:
    camera = FakeCamera(Phase(9, "silent"), Phase(END, "noise"), read_timeout_s=30)
    source, health = live(camera)
    moments = watch(source, health, camera, 10)
    assert {moment.state for moment in moments if moment.shape is None} == {STARTING}
    camera = FakeCamera(Phase(60, "silent"), Phase(END, "noise"), read_timeout_s=30)
    source, health = live(camera)
    states = [(moment.time_s, moment.state) for moment in watch(source, health, camera, 12)]
    assert states[9:] == [(10.0, STALE), (11.0, STALE), (12.0, STALE)]


def test_a_slow_camera_is_live() -> None:
    camera = FakeCamera(Phase(END, "noise"), fps=0.7)
    source, health = live(camera)
    moments = watch(source, health, camera, 60)
    assert {moment.state for moment in moments[1:]} == {STARTING, LIVE} - {STARTING}
    assert len(times(moments, fresh=True)) == 41  # the last one at 58.6 s


def test_a_frozen_picture_is_stale_and_opened_again_until_it_moves(caplog: pytest.LogCaptureFixture) -> None:
    camera = FakeCamera(Phase(20, "noise"), Phase(60, "still"), Phase(END, "noise"))
    source, health = live(camera)
    moments = watch(source, health, camera, 70)
    fresh = times(moments, fresh=True)
    assert not [time_s for time_s in fresh if 30.1 < time_s < 60]  # ten seconds are taken for a still scene
    assert len(camera.opened_at) >= 3
    (reason,) = {moment.reason for moment in moments if moment.shape is None}
    assert re.fullmatch("the very same .* 10 s", reason)
    assert max(np.diff(times(moments, fresh=False))) < 1.2
    assert fresh[-1] == pytest.approx(70, abs=1)
    assert (health.state, health.reconnects) == (LIVE, 1)
    assert caplog.messages[0].startswith(f"camera 7: {reason};")
    assert len(caplog.messages) == 2


def test_a_reopened_camera_may_first_repeat_its_old_frame() -> None:
    camera = FakeCamera(Phase(20, "noise"), Phase(31.5, "still"), Phase(END, "noise"))
    source, health = live(camera)
    moments = watch(source, health, camera, 40)
    assert camera.opened_at == [0, pytest.approx(30.5, abs=0.2)]
    assert health.state == LIVE
    assert len(times(moments, fresh=True)) > 250


def test_a_source_without_noise_may_stand_still() -> None:
    camera = FakeCamera(Phase(3600, "still"), Phase(END, "noise"))
    source, health = live(camera)
    moments = watch(source, health, camera, 3599)
    assert {moment.state for moment in moments} == {LIVE}
    assert camera.opened_at == [0]


def test_a_black_frame_is_a_frame_and_a_covered_lens_is_not_frozen() -> None:
    camera = FakeCamera(Phase(20, "noise"), Phase(END, "black"))
    source, health = live(camera)
    moments = watch(source, health, camera, 120)
    assert len(times(moments, fresh=True)) == 1200
    assert health.state == LIVE


def test_frames_may_change_their_size() -> None:
    camera = FakeCamera(Phase(1, "noise"), Phase(2, "noise", height=8, width=9))
    source, _ = live(camera)
    shapes = [frame.image.shape for frame in islice(source.frames(), 15) if frame]
    assert shapes == [(4, 6, 3)] * 9 + [(8, 9, 3)] * 6


def test_a_later_reason_is_logged_for_debugging_alone(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="edge")
    camera = FakeCamera(Phase(5, "noise"), Phase(END, "gone"))
    source, health = live(camera)
    watch(source, health, camera, 60)
    assert [message.partition(";")[0] for message in caplog.messages] == [
        "camera 7: a read failed", "camera 7: isn't plugged in",
    ]  # fmt: skip


def test_the_only_frame_of_a_pipe_is_marked_and_the_first_of_more_is_not() -> None:
    for until_s, singles in ((0.15, [True]), (0.25, [False, False])):
        source, _ = live(FakeCamera(Phase(until_s, "noise"), Phase(END, "end")))
        assert [frame.is_single for frame in source.frames() if frame] == singles


@pytest.mark.parametrize("gap_s", [3.0, 5.0, 8.0])
def test_a_picture_every_few_seconds_is_no_failure(caplog: pytest.LogCaptureFixture, gap_s: float) -> None:
    camera = FakeCamera(
        Phase(200, "noise"), Phase(300, "silent"), Phase(END, "noise"), fps=1 / gap_s, read_timeout_s=500
    )
    source, health = live(camera, adapts=True)
    moments = watch(source, health, camera, 299)
    assert {moment.state for moment in moments if moment.time_s <= 200} == {STARTING, LIVE}
    # That it fell silent after all is said after three of them.
    assert ["no frame" in message for message in caplog.messages].count(True) == 1
    last_s = times(moments, fresh=True)[-1]
    stale_s = next(moment.time_s for moment in moments if moment.state == STALE)
    assert 3 * gap_s - 1e-6 <= stale_s - last_s <= 3 * gap_s + 1


def test_a_time_that_the_user_sets_is_kept_whatever_the_pace() -> None:
    camera = FakeCamera(Phase(END, "noise"), fps=0.2)
    source, health = live(camera)
    assert STALE in {moment.state for moment in watch(source, health, camera, 30)}
