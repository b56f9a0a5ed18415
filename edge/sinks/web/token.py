"""The page's token: from a file or the environment, never from the command line, never in a log."""

from __future__ import annotations

import os
from pathlib import Path

from edge.errors import ToolkitError
from edge.sinks.addresses import TOKEN_VARIABLE, PageAddress

_SHORTEST = 16  # characters: of random ones, more than anybody tries over a network


def read_token(address: PageAddress, file: Path | None) -> str:
    """Return the token; empty for a page without one, which only this machine may reach.

    Args:
        address: where the page listens.
        file: that holds the token; None: look into the environment.

    Raises:
        ToolkitError: none for a page that others can reach, or one that is too short.
        OSError: the file can't be read.
    """
    token = file.read_text(encoding="utf-8").strip() if file else os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token and (file or not address.is_loopback):
        where = f"{file} is empty" if file else f"--serve {address.host}:{address.port} can be reached by others"
        raise ToolkitError(
            f"{where}, so it needs a token of at least {_SHORTEST} characters: set {TOKEN_VARIABLE}, or write one with "
            "`python3 -c 'import secrets; print(secrets.token_urlsafe())' > FILE` and give --serve-token-file FILE"
        )
    if token and (len(token) < _SHORTEST or not token.isascii() or not token.isprintable()):
        raise ToolkitError(f"the page's token has {len(token)} characters: expected at least {_SHORTEST}, all ASCII")
    return token
