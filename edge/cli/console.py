"""Error boundary, logging and flags of all commands: results go to stdout, everything else to stderr."""

from __future__ import annotations

import argparse
import errno
import functools
import logging
import math
import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from edge.cli.redaction import redacted, start_redaction
from edge.cli.signals import Terminated
from edge.errors import EXIT_DONE, EXIT_ERROR, EXIT_INTERRUPTED, EXIT_USAGE, RuntimeMissingError, ToolkitError
from edge.system import process
from edge.system.urls import is_url, redact_url

_ANY_WIDTH = 80
_OTHER_KIND = (errno.EISDIR, errno.ENOTDIR, errno.EEXIST)  # of a path; the last where a folder is made
_PACKAGES = ("edge", "train", "export", "benchmarks", "tests")  # ours
_LARGEST = 2**31 - 1  # of the libraries' integers

_T = TypeVar("_T")
Main = Callable[[Sequence[str] | None], int]


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
            if isinstance(error, ModuleNotFoundError) and not isinstance(error, ToolkitError):
                error = _missing(error, package=main.__module__)
            _print_error(_one_line(error))
            if isinstance(error, ToolkitError):
                return error.exit_code
            # A folder where a file is expected, or a file where a folder is: no second try mends that.
            return EXIT_USAGE if getattr(error, "errno", None) in _OTHER_KIND else EXIT_ERROR

    return guarded


def run(main: Main) -> NoReturn:
    """Run a command as a process: its return value is the exit code."""
    code = main(None)
    if process.has_background_threads():  # a read that hangs in C would crash in Python's teardown
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    raise SystemExit(code)


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
    for package in _PACKAGES:
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


class _ShowAll(argparse.Action):
    """Flag that prints the whole help and ends the program."""

    def __init__(self, option_strings: Sequence[str], dest: str, **settings: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **{**settings, "default": argparse.SUPPRESS})

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(argparse.ArgumentParser.format_help(parser), end="")
        parser.exit()


class Parser(argparse.ArgumentParser):
    """Argument parser of every command: flags can't be abbreviated, and help is formatted by `HelpFormatter`."""

    def __init__(
        self,
        prog: str | None = None,
        *,
        verbs: Mapping[str, str] | None = None,
        common: Collection[str] = (),
        **settings: Any,
    ) -> None:
        """Refuse abbreviations: `--out` must not silently become `--output`.

        Args:
            prog: name of the command.
            verbs: first words that lead to other commands, each with a summary.
            common: long names of the flags that --help shows; all others are left to --help-all. Empty: it shows all.
            settings: of argparse.
        """
        super().__init__(prog, **{"formatter_class": HelpFormatter, "allow_abbrev": False, **settings})
        self.register("type", Path, local_path)
        self._verbs = verbs or {}
        self._common = common
        if common:
            self.add_argument("--help-all", action=_ShowAll, help="show every flag, with its default, and exit")

    def format_help(self) -> str:
        """Format the help: all of it, or what most runs need."""
        if not self._common:
            return super().format_help()
        from edge.cli.help import short_help

        return short_help(self, self._verbs, self._common)

    def parse_args(  # type: ignore[override]  # no overloads, all of them come to this
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> Any:
        """Parse, and name the nearest verb or flag where a word is neither: before a flag that is missing."""
        words = sys.argv[1:] if args is None else list(args)
        flags = [word.partition("=")[0] for word in words[: words.index("--") if "--" in words else None]]
        has_help = {"-h", "--help", "--help-all"} & {*flags}
        words_like_flags = [flag for flag in flags if flag.startswith("--") and " " not in flag]  # as argparse has it
        unknown = [flag for flag in words_like_flags if flag not in self._option_string_actions]
        options, rest = (None, unknown) if unknown and not has_help else self.parse_known_args(words, namespace)
        if rest:
            from edge.cli.help import not_understood

            self.error(not_understood(self, [*words[:1], *unknown] if unknown else rest, self._verbs))
        return options

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


def local_path(text: str) -> Path:
    """Parse a path, for argparse: what is made at an address, a folder called like a password, is no one's wish."""
    if is_url(text) or redact_url(text) != text:
        raise argparse.ArgumentTypeError(f"expected a path on this machine, got the address {redact_url(text)}")
    return Path(text)


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


def finite_float(text: str) -> float:
    """Parse a finite number, for argparse."""
    value = _float_or_nan(text)
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"expected a number, got {text!r}")
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
        from edge.system.unit import file_hint

        text = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)
        return f"{text}{hint}{file_hint(error)}"
    summary = " ".join(str(error).split())[:300]
    return f"unexpected {type(error).__name__}: {summary} (DEBUG=1 shows where; please report it)"


def _missing(error: ModuleNotFoundError, *, package: str) -> Exception:
    """Return a missing library as an error that names its extra; a missing module of ours is a bug and stays one."""
    from edge.cli.extras import missing_sentence

    module = (error.name or "").partition(".")[0]
    if not module or module in _PACKAGES:
        return error
    if package == "__main__":  # `python -m`
        package = getattr(sys.modules[package], "__package__", "") or ""
    return RuntimeMissingError(missing_sentence(package.partition(".")[0], [module]))


def _print_error(message: str) -> None:
    try:
        sys.stdout.flush()
    except OSError:
        _discard_stdout()  # a full disk, which may be the error itself
    print(f"error: {redacted(message)}", file=sys.stderr)


def _discard_stdout() -> None:
    """Discard stdout's buffer, because Python flushes it at exit and would report the same error again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
