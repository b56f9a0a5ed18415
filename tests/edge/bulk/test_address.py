"""Addresses of clusters where no Ray listens: one line, and no wait."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray", reason="bulk needs the extra `bulk`: pip install 'edge-classify[bulk]'")

from edge.bulk import engine

Write = Callable[..., Path]
Run = Callable[..., Any]


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.9\r\n", b"", None])
def test_a_port_where_something_else_listens_is_one_line_and_no_wait(
    answer: bytes | None, archive: Write, edge_classify: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if answer is None:  # the others must be told by their answer, not by the time they take
        monkeypatch.setattr("edge.bulk.engine._CONNECT_S", 0.2)
    monkeypatch.setattr("edge.bulk.engine.ray.init", None)
    with listening(answer) as address:
        outcome = edge_classify("bulk", archive(1), "--out", tmp_path / "out", "--address", address, "--quiet")
    assert outcome.code == 1
    assert address in outcome.sentence
    assert "6379" in outcome.sentence


def test_a_port_that_speaks_grpc_is_left_to_ray() -> None:
    with listening(b"\0\0\x12\4\0\0\0\0\0" + bytes(18)) as address:
        engine._require_answer(address)


@contextlib.contextmanager
def listening(answer: bytes | None) -> Iterator[str]:
    """Address of a server that gives each connection the same answer and closes it; None: it keeps silent."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    kept.append(server.accept()[0])
                    if answer is not None:
                        with kept.pop() as connection:
                            connection.recv(99)
                            connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("address", ["127.0.0.1:9", "127.0.0.1:99999", "no-such-host.invalid:6379"])
def test_a_cluster_that_is_not_there_is_one_line(
    address: str, archive: Write, edge_classify: Run, tmp_path: Path
) -> None:
    outcome = edge_classify("bulk", archive(1), "--out", tmp_path / "out", "--address", address, "--quiet")
    assert outcome.code == 1
    assert address in outcome.sentence
