"""Each expected error has its exit code and is also the builtin that a caller would catch."""

from __future__ import annotations

import pytest

from edge import errors


@pytest.mark.parametrize(
    ("kind", "builtin", "exit_code"),
    [
        (errors.SpecError, ValueError, 1),
        (errors.ModelFileError, ValueError, 1),
        (errors.RuntimeMissingError, ImportError, 2),
        (errors.FrameError, ValueError, 1),
        (errors.SourceError, OSError, 1),
        (errors.SourceLostError, OSError, 4),
        (errors.DatasetError, OSError, 1),
        (errors.ExportError, RuntimeError, 1),
        (errors.ConfigError, ValueError, 2),
        (errors.ReportError, ValueError, 1),
        (errors.GateError, Exception, 3),
        (errors.InvalidEnvironmentError, RuntimeError, 5),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else str(value),
)
def test_kind_and_exit_code(kind: type[errors.ToolkitError], builtin: type[Exception], exit_code: int) -> None:
    error = kind("one sentence")
    assert isinstance(error, errors.ToolkitError)
    assert isinstance(error, builtin)
    assert error.exit_code == exit_code
    assert str(error) == "one sentence"


def test_exit_codes_are_the_documented_ones() -> None:
    codes = (errors.EXIT_DONE, errors.EXIT_ERROR, errors.EXIT_USAGE, errors.EXIT_GATE_FAILED)
    assert codes == (0, 1, 2, 3)
    assert (errors.EXIT_SOURCE_LOST, errors.EXIT_ENVIRONMENT_INVALID, errors.EXIT_INTERRUPTED) == (4, 5, 130)
