"""Error boundary, logging and flags of all commands: results go to stdout, everything else to stderr."""

from __future__ import annotations

import argparse
import errno
import functools
import logging
import math
import os
import signal
import string
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from edge.cli.redaction import redacted, start_redaction
from edge.errors import EXIT_DONE, EXIT_ERROR, EXIT_INTERRUPTED, ToolkitError
from edge.system import process

if TYPE_CHECKING:
    from edge.artifact.trust import TrustPolicy

_ANY_WIDTH = 80
_LARGEST = 2**31 - 1  # of the libraries' integers

_T = TypeVar("_T")
Main = Callable[[Sequence[str] | None], int]


class Terminated(KeyboardInterrupt):
    """SIGTERM in a command that it stops cleanly, so that it is no failure."""


def command(main: Main) -> Main:
    """Decorate a `main(argv) -> int`: expected errors become one line on stderr and their exit code.

    DEBUG=1 in the environment lets every exception through, with its traceback.
    """

    @functools.wraps(main)
    def guarded(argv: Sequence[str] | None = None) -> int:
        start_redaction(sys.argv[1:] if argv is None else map(str, argv))
        if sys.stdout is None:  # closed by the caller (>&-)
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  # stays open to the end
        try:
            code = main(argv)
            sys.stdout.flush()
            return code
        except Terminated:
            return EXIT_DONE
        except KeyboardInterrupt:
            _print_error("interrupted")
            return EXIT_INTERRUPTED
        except BrokenPipeError:
            _discard_stdout()  # the reader has ended, as `| head` does
            return 0
        except Exception as error:
            if os.environ.get("DEBUG") == "1":
                raise
            _print_error(_one_line(error))
            return error.exit_code if isinstance(error, ToolkitError) else EXIT_ERROR

    return guarded


def run(main: Main) -> NoReturn:
    """Run a command as a process: its return value is the exit code."""
    code = main(None)
    if process.has_background_threads():  # a read that hangs in C would crash in Python's teardown
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    raise SystemExit(code)


def stop_cleanly_on_sigterm() -> None:
    """Make SIGTERM end the command like Ctrl-C, everything closed, but with exit code 0."""

    def end(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_IGN)  # a second signal must not interrupt the closing
        raise Terminated

    signal.signal(signal.SIGTERM, end)


def add_logging_flags(parser: argparse.ArgumentParser) -> None:
    """Add -v/--verbose and -q/--quiet, the same on every command."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("-v", "--verbose", action="store_true", help="more messages (stderr)")
    group.add_argument("-q", "--quiet", action="store_true", help="only warnings and errors (stderr)")


def start_logging(options: argparse.Namespace) -> None:
    """Send this project's log records to stderr, at the level that the flags set."""
    level = logging.DEBUG if options.verbose else logging.WARNING if options.quiet else logging.INFO
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(message)s"))
    for package in ("edge", "train", "export", "benchmarks", "tests"):
        logger = logging.getLogger(package)
        logger.handlers[:] = [handler]
        logger.setLevel(level)
        logger.propagate = False


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


class HelpFormatter(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Formatter that shows defaults and keeps the line breaks of the examples."""

    def __init__(self, prog: str) -> None:
        """Use a fixed width: argparse makes a formatter for each flag, and only help depends on the terminal."""
        super().__init__(prog, width=_ANY_WIDTH)

    def format_help(self) -> str:
        """Format the help as wide as the terminal."""
        import shutil

        self._width = shutil.get_terminal_size().columns - 2
        return super().format_help()

    def _get_help_string(self, action: argparse.Action) -> str | None:
        # "(default: None)" and "(default: False)" say nothing.
        if action.default in (None, False) or action.default == []:
            return action.help
        return super()._get_help_string(action)


class Parser(argparse.ArgumentParser):
    """Argument parser of every command: flags can't be abbreviated, and help is formatted by `HelpFormatter`."""

    def __init__(self, prog: str | None = None, **settings: Any) -> None:
        """Refuse abbreviations: `--out` must not silently become `--output`."""
        super().__init__(prog, **{"formatter_class": HelpFormatter, "allow_abbrev": False, **settings})

    def error(self, message: str) -> NoReturn:
        """Print the usage and the message, without the secrets of what was typed, and exit with code 2."""
        super().error(redacted(message))


def parsed_by(parse: Callable[[str], _T]) -> Callable[[str], _T]:
    """Return a parser for argparse whose message is that of the ValueError."""

    def convert(text: str) -> _T:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert


def positive_int(text: str) -> int:
    """Parse a whole number of at least 1, for argparse."""
    return _whole_number(text, least=1)


def natural(text: str) -> int:
    """Parse a whole number of at least 0, such as a seed, for argparse."""
    return _whole_number(text, least=0)


def positive_float(text: str) -> float:
    """Parse a finite number above 0, for argparse."""
    value = _float_or_nan(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return value


def non_negative_float(text: str) -> float:
    """Parse a finite number of at least 0, for argparse."""
    value = _float_or_nan(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number of at least 0, got {text!r}")
    return value


def thread_count(text: str) -> int:
    """Parse a number of threads, 1 to 256, for argparse: libraries crash on absurd ones."""
    return _whole_number(text, least=1, most=256)


def _float_or_nan(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _whole_number(text: str, *, least: int, most: int = _LARGEST) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"expected a whole number from {least} to {most:,}, got {text!r}")
    return int(text)


def _one_line(error: Exception) -> str:
    """Return the message for an exception: ours unchanged, the system's with the file, others marked as a bug."""
    if isinstance(error, ToolkitError):
        return " ".join(str(error).split())
    if isinstance(error, OSError):
        hint = " (free some space and run it again)" if error.errno == errno.ENOSPC else ""
        text = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)
        return f"{text}{hint}"
    summary = " ".join(str(error).split())[:300]
    return f"unexpected {type(error).__name__}: {summary} (DEBUG=1 shows where; please report it)"


def _print_error(message: str) -> None:
    try:
        sys.stdout.flush()
    except OSError:
        _discard_stdout()  # a full disk, which may be the error itself
    print(f"error: {redacted(message)}", file=sys.stderr)


def _discard_stdout() -> None:
    """Discard stdout's buffer, because Python flushes it at exit and would report the same error again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


_DIGEST_CHARACTERS = 64


def add_trust_flags(flags: argparse.ArgumentParser) -> None:
    """Add --require-sha256 and --require-signature."""
    flags.add_argument("--require-sha256", type=_digest, metavar="HEX",
                       help="SHA-256 that the model file must have; any other file is refused unread, this one is "
                       "trusted without checks")  # fmt: skip
    flags.add_argument("--require-signature", metavar="PUBKEY",
                       help="minisign key by which FILE.minisig must sign the model file: a .pub file or its base64 "
                       "text (extra `signing`)")  # fmt: skip


def trust_policy_from(options: argparse.Namespace) -> TrustPolicy | None:
    """Return the policy that the flags set; None: any file is accepted, after its verification."""
    if not (options.require_sha256 or options.require_signature):
        return None
    from edge.artifact.trust import TrustPolicy

    return TrustPolicy(options.require_sha256 or "", options.require_signature or "")


def _digest(text: str) -> str:
    text = text.strip().lower()
    if len(text) != _DIGEST_CHARACTERS or set(text) - set(string.hexdigits):
        raise argparse.ArgumentTypeError(f"expected {_DIGEST_CHARACTERS} hexadecimal digits, got {text!r}")
    return text
