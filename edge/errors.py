"""Expected errors of the toolkit, with their exit codes; each is also the builtin that a caller would expect."""

from __future__ import annotations

EXIT_DONE = 0
EXIT_ERROR = 1
EXIT_USAGE = 2
EXIT_GATE_FAILED = 3
EXIT_SOURCE_LOST = 4
EXIT_ENVIRONMENT_INVALID = 5
EXIT_INTERRUPTED = 130  # 128 + SIGINT, the shell's convention


class ToolkitError(Exception):
    """Root of all expected errors; the message is one line: what happened, what was expected, what to do."""

    exit_code = EXIT_ERROR


class SpecError(ToolkitError, ValueError):
    """A model specification that is malformed, too new, or contradicts the file it describes."""


class ModelFileError(ToolkitError, ValueError):
    """A model file that is empty, truncated, foreign or not loadable."""


class MissingModelError(ModelFileError):
    """A model file that isn't where a flag or a key says: a wrong value like any."""

    exit_code = EXIT_USAGE


class RuntimeMissingError(ToolkitError, ImportError):
    """An optional library isn't installed, or its installation is broken: no restart of a service mends that."""

    exit_code = EXIT_USAGE


class FrameError(ToolkitError, ValueError):
    """An array that is not an image."""


class SourceError(ToolkitError, OSError):
    """A source of frames that can't be opened or holds nothing to classify."""


class SourceRefusedError(SourceError):
    """A source that answers, and won't give frames however often it is asked: a wrong password, a web page, H.264."""


class SourceLostError(SourceError):
    """A live source that worked and then stopped giving frames."""

    exit_code = EXIT_SOURCE_LOST


class QuotaError(ToolkitError, OSError):
    """A folder of images that has reached the size that it was given."""


class DatasetError(ToolkitError, OSError):
    """A data set that is absent, damaged or of an unexpected shape."""


class RunError(ToolkitError, RuntimeError):
    """A training run that can't be started or resumed."""


class ExportError(ToolkitError, RuntimeError):
    """A model that can't be turned into the file that was asked for."""


class ConfigError(ToolkitError, ValueError):
    """A value that can't be right, of a flag, a key of a configuration file or a variable: no second try mends it."""

    exit_code = EXIT_USAGE


class ReportError(ToolkitError, ValueError):
    """A benchmark report that is missing, damaged, of another schema, or has nothing to be compared."""


class UpdateError(ToolkitError, RuntimeError):
    """A new model that can't be fetched or installed, or a store of models that can't be used."""


class RefusedModelError(UpdateError):
    """A new model that is itself to blame for not being installed: it crashes, hangs or fails its self-test."""


class GateError(ToolkitError):
    """A limit on accuracy, agreement or latency that was not kept."""

    exit_code = EXIT_GATE_FAILED


class InvalidEnvironmentError(ToolkitError, RuntimeError):
    """A machine that was unfit for measuring: throttled, too hot, emulated."""

    exit_code = EXIT_ENVIRONMENT_INVALID
