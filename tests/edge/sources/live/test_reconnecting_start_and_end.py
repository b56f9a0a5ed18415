"""Start and end of a live source: what is waited for, for how long, and what is an error."""

from __future__ import annotations

import pytest

from edge.errors import SourceError, SourceLostError, SourceRefusedError
from edge.health import LIVE, STALE
from tests.edge.sources.live.fake_camera import END, FakeCamera, Phase, live, times, watch


@pytest.mark.parametrize("does", ["gone", "fail", "silent"])
def test_a_source_is_given_up_after_its_timeout_with_exit_code_4(does: str) -> None:
    camera = FakeCamera(Phase(5, "noise"), Phase(END, does))
    source, health = live(camera, give_up_s=30)
    with pytest.raises(SourceLostError, match=r"^camera 7 .* 3\d s ") as caught:
        watch(source, health, camera, 100)
    assert camera.clock.now == pytest.approx(35, abs=1.01)
    assert caught.value.exit_code == 4


def test_a_camera_that_was_never_there_is_an_error_at_once() -> None:
    camera = FakeCamera(Phase(END, "gone"))
    source, health = live(camera)
    with pytest.raises(SourceError, match="isn't plugged in") as caught:
        watch(source, health, camera, 100)
    assert not isinstance(caught.value, SourceLostError)
    assert camera.clock.now == 0


def test_a_camera_that_opened_but_gave_nothing_is_waited_for() -> None:
    camera = FakeCamera(Phase(5, "fail"), Phase(10, "gone"), Phase(END, "noise"))
    source, health = live(camera)
    moments = watch(source, health, camera, 30)
    assert moments[0].state == STALE
    assert health.state == LIVE


def test_the_end_of_a_stream_ends_the_source_and_a_bug_is_raised() -> None:
    camera = FakeCamera(Phase(1, "noise"), Phase(END, "end"))
    source, health = live(camera)
    assert len(watch(source, health, camera, 100)) == 9
    camera = FakeCamera(Phase(END, "end"))
    source, health = live(camera)
    with pytest.raises(SourceError, match="camera 7 ended"):
        watch(source, health, camera, 100)
    camera = FakeCamera(Phase(1, "noise"), Phase(END, "bug"))
    source, health = live(camera)
    with pytest.raises(ZeroDivisionError, match="a bug"):
        watch(source, health, camera, 100)


def test_closing_releases_the_device() -> None:
    camera = FakeCamera(Phase(END, "noise"))
    source, _ = live(camera)
    source.close()  # before the first frame there is nothing to close
    next(source.frames())
    assert camera.held == 1
    source.close()
    source.close()
    assert camera.held == 0


def test_a_camera_that_is_not_there_yet_is_tried_for_its_time_to_start(caplog: pytest.LogCaptureFixture) -> None:
    """A board is up before its network and its camera."""
    camera = FakeCamera(Phase(20, "gone"), Phase(END, "noise"))
    source, health = live(camera, start_s=60.0)
    moments = watch(source, health, camera, 30)
    assert times(moments, fresh=True)[0] == pytest.approx(25.6)  # tried after 0.5, 1, 2, 4, 8 and 10 s
    assert len([message for message in caplog.messages if "isn't plugged in" in message]) == 1
    never = FakeCamera(Phase(END, "gone"))
    source, health = live(never, start_s=60.0)
    with pytest.raises(SourceError, match=r"camera 7: isn't plugged in .*60"):
        watch(source, health, never, END)
    assert 60 <= never.clock.now <= 62
    with pytest.raises(SourceError, match="isn't plugged in"):
        watch(*live(FakeCamera(Phase(END, "gone"))), FakeCamera(Phase(END, "gone")), END)


def test_a_camera_that_opens_and_stays_silent_has_its_time_to_start_and_no_more() -> None:
    camera = FakeCamera(Phase(END, "silent"), read_timeout_s=1e5)
    source, health = live(camera, start_s=30.0)
    with pytest.raises(SourceError, match="no frame"):
        watch(source, health, camera, END)
    assert 30 <= camera.clock.now <= 32


@pytest.mark.parametrize("start_s", [0.0, 60.0])
def test_a_refusal_is_said_at_the_start_and_waited_for_later(start_s: float) -> None:
    """A wrong password stays wrong, and a camera may lock whoever tries on; one that worked may have started anew."""
    camera = FakeCamera(Phase(END, "refuse"))
    source, health = live(camera, start_s=start_s)
    with pytest.raises(SourceRefusedError):
        watch(source, health, camera, END)
    assert camera.opened_at == [0]
    camera = FakeCamera(Phase(5.05, "noise"), Phase(9, "refuse"), Phase(END, "noise"))
    camera.can_be_opened_twice = True
    source, health = live(camera, start_s=start_s)
    moments = watch(source, health, camera, 15)
    assert "the server answers 401" in {moment.reason for moment in moments}
    assert times(moments, fresh=True)[-1] > 14
    pipe = FakeCamera(Phase(5.05, "noise"), Phase(END, "refuse"))  # nothing comes back to a pipe
    with pytest.raises(SourceRefusedError):
        watch(*live(pipe), pipe, END)
