import errno
import os
from pathlib import Path

import pytest

from benchmarks.device import run as device_run
from edge.cli import console
from edge.cli.outputs import output_file, output_folder
from edge.errors import EXIT_DONE, EXIT_USAGE


def _parse(kind: object, path: Path) -> Path:
    flags = console.Parser(prog="any")
    flags.add_argument("--out", type=kind)
    return flags.parse_args(["--out", str(path)]).out


def _refusal(kind: object, path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as raised:
        _parse(kind, path)
    assert raised.value.code == EXIT_USAGE
    return capsys.readouterr().err


@pytest.mark.parametrize("kind", [output_file, output_folder])
def test_a_path_in_folders_that_are_still_to_be_made_is_taken_and_nothing_is_made(kind: object, tmp_path: Path) -> None:
    assert _parse(kind, tmp_path / "new" / "newer" / "out") == tmp_path / "new" / "newer" / "out"
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_already_is_taken_where_it_is_of_that_kind(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert _parse(output_file, tmp_path / "file") == tmp_path / "file"
    assert _parse(output_folder, tmp_path) == tmp_path


def test_the_other_kind_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()

    assert str(tmp_path) in _refusal(output_file, tmp_path, capsys)
    assert str(tmp_path / "file") in _refusal(output_folder, tmp_path / "file", capsys)


@pytest.mark.parametrize("kind", [output_file, output_folder])
@pytest.mark.parametrize("is_broken_link", [False, True])
def test_a_path_below_what_is_no_folder_is_refused(
    kind: object, is_broken_link: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if is_broken_link:
        (tmp_path / "file").symlink_to(tmp_path / "gone")
    else:
        (tmp_path / "file").touch()

    assert str(tmp_path / "file") in _refusal(kind, tmp_path / "file" / "out", capsys)


@pytest.mark.parametrize("kind", [output_file, output_folder])
@pytest.mark.parametrize("denied", [os.W_OK, os.X_OK])
def test_a_folder_of_someone_else_is_refused(
    kind: object, denied: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Root, as whom tests may run, is denied nothing.
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path or not mode & denied)

    assert str(tmp_path) in _refusal(kind, tmp_path / "out", capsys)


def test_a_folder_that_this_user_may_not_look_into_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def is_dir(path: Path) -> bool:
        raise PermissionError(errno.EACCES, "denied", str(path))

    monkeypatch.setattr(Path, "is_dir", is_dir)
    monkeypatch.setattr(os, "access", lambda *_: False)

    with pytest.raises(SystemExit) as raised:
        _parse(output_file, tmp_path / "out")
    assert raised.value.code == EXIT_USAGE


@pytest.mark.parametrize("kind", [output_file, output_folder])
def test_a_name_that_no_file_can_have_is_refused(
    kind: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert str(tmp_path) in _refusal(kind, tmp_path / ("a" * 300), capsys)


@pytest.mark.parametrize(
    "command",
    [
        "train.photographs wardrobe --out {}", "train.scenes --out {}", "train.soft_labels a b --out {}",
        "train --soft-labels {}", "train.network.features --out {}", "export.features a --images b --out {}",
        "export.tflite --out {}.tflite", "export.onnx --artifacts {}", "export.web a --out {}",
        "export.micro a --out {}", "benchmarks --out {}", "benchmarks runner --out {}", "benchmarks bulk --out {}",
        "benchmarks kit --out {}", "benchmarks merge a --out {}", "edge.run.main teach a --out {}.tflite",
        "edge.run.main describe edge --write {}",
    ],
)  # fmt: skip
def test_commands_refuse_it_before_their_work(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    module, *arguments = command.format(tmp_path / "file" / "out").split()
    program = pytest.importorskip(module if _is_file(module) else f"{module}.__main__")

    with pytest.raises(SystemExit) as raised:
        program.main(arguments)

    assert raised.value.code == EXIT_USAGE
    assert str(tmp_path / "file") in capsys.readouterr().err


def test_the_kit_refuses_it_before_it_measures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as raised:
        device_run.parser().parse_args(["--out", str(tmp_path / "file" / "result.json")])

    assert raised.value.code == EXIT_USAGE
    assert str(tmp_path / "file") in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "taken"),
    [
        ("export.tflite", "artifacts"), ("export.micro edge", "artifacts"), ("export.web edge", "site"),
        ("benchmarks edge", "reports"), ("benchmarks runner", "reports"), ("benchmarks bulk", "reports"),
        ("benchmarks merge a", "reports"),
    ],
)  # fmt: skip
def test_commands_refuse_a_default_that_is_taken_before_their_work(
    command: str, taken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / taken).touch()
    module, *arguments = command.split()
    program = pytest.importorskip(module if _is_file(module) else f"{module}.__main__")

    try:
        code = program.main(arguments)
    except SystemExit as error:
        code = error.code

    assert code == EXIT_USAGE
    assert str(tmp_path / taken) in capsys.readouterr().err


def test_a_default_that_is_not_used_may_be_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = pytest.importorskip("export.tflite")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "artifacts").touch()

    assert program.main(["nowhere", "--out", "a.tflite"]) != EXIT_DONE
    assert "artifacts" not in capsys.readouterr().err


def _is_file(module: str) -> bool:
    return (Path(__file__).parents[3] / module.replace(".", "/")).with_suffix(".py").is_file()
