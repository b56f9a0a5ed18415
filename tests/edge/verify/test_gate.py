"""Each network is checked and tried once for each library; only a cache that nobody else can write to is believed."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from edge.artifact.file import Artifact, read_artifact
from edge.artifact.trust import Trust
from edge.errors import ModelFileError
from edge.verify import gate


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Use a cache of the test's own, and return its root."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Runtimes of the trials, each of which ends well."""
    runtimes: list[str] = []
    monkeypatch.setattr("edge.verify.sandbox_run.try_in_child", lambda _, runtime: runtimes.append(runtime))
    return runtimes


def test_only_the_first_start_pays(fixtures: Path, tried: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    artifact = read_artifact(fixtures / "tiny_int8.tflite")
    gate.verify(artifact, "litert")
    gate.verify(artifact, "litert")
    assert tried == ["litert"]
    gate.verify(artifact, "tflite-runtime")
    gate.verify(read_artifact(fixtures / "tiny_none.tflite"), "litert")
    assert tried == ["litert", "tflite-runtime", "litert"]
    monkeypatch.setattr(gate, "_library_version", lambda _: "99")  # an update of the library
    gate.verify(artifact, "litert")
    assert tried[3:] == ["litert"]
    monkeypatch.setattr(gate, "__version__", "99")  # and one of the checks
    gate.verify(artifact, "litert")
    assert tried[4:] == ["litert"]


def test_a_trusted_file_is_not_checked_and_one_that_passed_not_again(
    fixtures: Path, tried: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact = read_artifact(fixtures / "tiny_int8.tflite")
    assert gate.verify(artifact) == (artifact, "litert")
    monkeypatch.setattr(gate, "check_network", lambda _: pytest.fail("checked"))
    assert gate.verify(artifact) == (artifact, "litert")
    trusted = artifact._replace(network_sha256="", trusted_because=Trust.SIGNATURE)
    assert gate.verify(trusted).artifact is trusted
    assert tried == ["litert"]


@pytest.mark.parametrize(("runtime", "package"), [("litert", "ai-edge-litert"), ("onnxruntime", "onnxruntime")])
def test_the_version_of_a_library_is_that_of_its_package(runtime: str, package: str) -> None:
    pytest.importorskip(gate.LIBRARIES[runtime])
    assert gate._library_version(runtime) == version(package)


def test_a_library_without_metadata_is_told_apart_by_its_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "somewhere" / "tflite_runtime"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(package.parent)
    monkeypatch.delitem(sys.modules, "tflite_runtime", raising=False)
    os.utime(package, ns=(0, 17))
    assert gate._library_version("tflite-runtime") == "17"
    monkeypatch.setitem(sys.modules, "tflite_runtime", None)
    assert gate._library_version("tflite-runtime") == "none"


def test_what_failed_is_tried_again(fixtures: Path, tried: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(artifact: Artifact, runtime: str) -> None:
        tried.append(runtime)
        raise ModelFileError("crash")

    monkeypatch.setattr("edge.verify.sandbox_run.try_in_child", crash)
    artifact = read_artifact(fixtures / "tiny_int8.tflite")
    for _ in range(2):
        with pytest.raises(ModelFileError, match="crash"):
            gate.verify(artifact, "litert")
    assert tried == ["litert", "litert"]


def test_a_malformed_network_is_never_tried(fixtures: Path, tried: list[str]) -> None:
    artifact = read_artifact(fixtures / "tiny_int8.tflite")
    with pytest.raises(ModelFileError, match=r"tiny_int8\.tflite .* byte "):
        gate.verify(artifact._replace(network=artifact.network[:3000]), "litert")
    assert tried == []


def test_what_passed_is_known_and_nothing_else() -> None:
    assert not gate.is_cached("a")
    gate.cache("a")
    gate.cache("a")
    assert gate.is_cached("a")
    assert not gate.is_cached("b")


def test_the_cache_is_where_systemd_xdg_or_the_home_folder_have_it(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert gate.cache_folder() == own_cache / "edge-classify" / "tried"
    monkeypatch.setenv("CACHE_DIRECTORY", "/var/cache/edge-classify:/var/cache/other")
    assert gate.cache_folder() == Path("/var/cache/edge-classify/tried")
    monkeypatch.delenv("CACHE_DIRECTORY")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # to be ignored, as its specification says
    assert gate.cache_folder() is None
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert gate.cache_folder() == Path("/home/somebody", ".cache/edge-classify", "tried")


@pytest.mark.parametrize("what", ["folder", "file"])
def test_what_others_may_have_written_is_not_believed(own_cache: Path, what: str) -> None:
    gate.cache("a")
    folder = own_cache / "edge-classify" / "tried"
    (folder if what == "folder" else folder / "a").chmod(0o777)
    assert not gate.is_cached("a")


def test_links_are_not_followed(own_cache: Path) -> None:
    gate.cache("a")
    (own_cache / "edge-classify" / "tried" / "b").symlink_to("a")
    assert not gate.is_cached("b")


def test_where_nothing_can_be_written_nothing_is_remembered(own_cache: Path) -> None:
    (own_cache / "edge-classify").write_text("a file, where a folder should be")
    gate.cache("a")
    assert not gate.is_cached("a")
