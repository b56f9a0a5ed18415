"""`edge-classify completion`: scripts that complete verbs, flags and files; the only file that imports shtab."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from edge.cli import console
from edge.cli.config_file import actions
from edge.errors import EXIT_DONE, RuntimeMissingError
from edge.run import flags as run_flags

NAME = "completion"
"""First argument of `edge-classify` that leads here."""
SHELLS = ("bash", "zsh", "fish")

_EXAMPLES = """examples:
  edge-classify completion bash > ~/.local/share/bash-completion/completions/edge-classify
  edge-classify completion zsh > ~/.zfunc/_edge-classify      with fpath+=~/.zfunc before compinit in ~/.zshrc
  edge-classify completion fish > ~/.config/fish/completions/edge-classify.fish

A script is made once and needs no Python while a key is pressed. Extra `completion`, here or on another machine.
"""
_FILES = ("FILE", "MODEL", "ORIGINAL", "OUT", "PUBKEY", "FILE_OR_URL", "SOURCE")  # what these stand for may be a file


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog=f"edge-classify {NAME}", description="Print a completion script for a shell.", epilog=_EXAMPLES
    )
    flags.add_argument("shell", choices=SHELLS, help="shell to print a script for")
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Print the script."""
    print(script(parser().parse_args(argv).shell))
    return EXIT_DONE


def script(shell: str) -> str:
    """Return the script for one of `SHELLS`.

    Raises:
        RuntimeMissingError: shtab isn't installed.
    """
    try:
        import shtab
    except ImportError as error:
        raise RuntimeMissingError(
            f"a completion script can't be made ({error}): pip install 'edge-classify[completion]'"
        ) from error
    whole = _with_verbs()
    for one in whole:
        for action in actions(one):
            if action.metavar in _FILES:
                action.complete = shtab.FILE  # type: ignore[attr-defined]  # read by shtab
            elif action.metavar == "DIR":
                action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    return str(shtab.complete(whole[0], shell))


def _with_verbs() -> list[argparse.ArgumentParser]:
    """Return the runner's parser, to which those of its verbs are attached as argparse has it, and these."""
    from edge.bulk import command as bulk
    from edge.collect import command as collect
    from edge.describe import command as describe
    from edge.doctor import command as doctor
    from edge.teach import command as teach
    from edge.update import flags as update

    parsers = {
        "collect": collect.parser,
        "doctor": doctor.parser,
        "describe": describe.parser,
        "update": update.parser,
        "teach": teach.parser,
        "bulk": bulk.parser,
        NAME: parser,
    }
    whole = run_flags.parser()
    verbs = whole.add_subparsers(metavar="VERB")
    attached = [
        verbs.add_parser(name, parents=[parsers[name]()], add_help=False, help=summary)
        for name, summary in run_flags.VERBS.items()
    ]
    return [whole, *attached]
