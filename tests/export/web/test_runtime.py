"""The runtime through npm: a stand-in for npm, archives made here."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.errors import ConfigError, ExportError, RuntimeMissingError
from export.web import runtime
from export.web.runtime import SCRIPT, WASM, Package, fetch, litert_js

MEMBERS = {f"package/wasm/{SCRIPT}": b"var ModuleFactory", f"package/wasm/{WASM}": b"\0asm"}


def archive(members: dict[str, bytes]) -> bytes:
    """Return a package's file."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as packed:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            packed.addfile(entry, io.BytesIO(data))
    return content.getvalue()


def pinned(content: bytes) -> Package:
    """Return a package with this file's digest."""
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    return Package("@litertjs/core", "2.5.3", f"sha512-{digest}")


@pytest.fixture
def npm_stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Path]:
    """Put a stand-in for npm first on the path: npm_stand_in(script) returns the file that its arguments go to."""

    def install(script: str) -> Path:
        program, log = tmp_path / "bin" / "npm", tmp_path / "arguments"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\necho "$@" > {log}\n{script}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
        return log

    return install


def test_npm_packs_the_pinned_version_without_running_its_scripts(
    npm_stand_in: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    content = archive(MEMBERS)
    (tmp_path / "made.tgz").write_bytes(content)
    log = npm_stand_in(f"cp {tmp_path}/made.tgz litertjs-core-2.5.3.tgz")
    monkeypatch.setattr(runtime, "LITERT_JS", pinned(content))
    assert litert_js() == (b"var ModuleFactory", b"\0asm")
    assert log.read_text().split()[:3] == ["pack", "@litertjs/core@2.5.3", "--ignore-scripts"]


def test_an_archive_of_another_digest_is_refused(npm_stand_in: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "made.tgz").write_bytes(archive(MEMBERS))
    npm_stand_in(f"cp {tmp_path}/made.tgz litertjs-core-2.5.3.tgz")
    with pytest.raises(ExportError, match="sha512"):
        litert_js()
    with pytest.raises(ExportError, match="sha512"):
        litert_js(tmp_path / "made.tgz")


def test_without_npm_the_package_s_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeMissingError, match="--runtime"):
        litert_js()


def test_npm_s_own_reason_is_passed_on(npm_stand_in: Callable[[str], Path]) -> None:
    npm_stand_in("echo 'npm error code ENOTFOUND' >&2; echo 'npm error network request failed' >&2; exit 1")
    with pytest.raises(ExportError, match="network request failed") as caught:
        fetch(runtime.LITERT_JS)
    assert "ENOTFOUND" not in str(caught.value)


def test_a_file_that_is_not_there_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        litert_js(tmp_path / "none.tgz")


def test_a_package_without_the_runtime_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    content = archive({"package/README.md": b"moved"})
    (tmp_path / "made.tgz").write_bytes(content)
    monkeypatch.setattr(runtime, "LITERT_JS", pinned(content))
    with pytest.raises(ExportError, match=SCRIPT):
        litert_js(tmp_path / "made.tgz")
