"""What native code writes to file descriptor 2 becomes debug records, and stderr works again afterwards."""

from __future__ import annotations

import os

import pytest

from edge.system import native_log


@pytest.fixture
def debug_log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The debug records of `edge`."""
    caplog.set_level("DEBUG", logger="edge")
    return caplog


def test_lines_become_debug_records(debug_log: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    with native_log.captured():
        os.write(2, b"INFO: 100% \xff native\nsecond\n")
    os.write(2, b"after\n")
    assert [(record.levelname, record.getMessage()) for record in debug_log.records] == [
        ("DEBUG", "INFO: 100% \ufffd native"),
        ("DEBUG", "second"),
    ]
    assert capfd.readouterr().err == "after\n"


def test_stderr_comes_back_after_an_error(
    debug_log: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match="stop"), native_log.captured():  # noqa: PT012
        os.write(2, b"the reason\n")
        raise ValueError("stop")
    os.write(2, b"after\n")
    assert debug_log.messages == ["the reason"]
    assert capfd.readouterr().err == "after\n"
