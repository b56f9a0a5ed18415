"""The service as it is installed: a unit that systemd accepts, a config file that the runner accepts, every path."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import edge
from edge.cli import config_file
from edge.errors import EXIT_USAGE
from edge.run.flags import parser
from edge.update.flags import NAME
from edge.update.flags import parser as update_parser

ROOT = Path(__file__).parents[1]
UNIT = ROOT / "packaging" / "edge-classify.service"
UPDATE = ROOT / "packaging" / "edge-classify-update.service"
CONFIG = ROOT / "packaging" / "config.toml"

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze isn't here: apt install systemd"
)


def settings(path: Path = UNIT) -> dict[str, str]:
    """The [Service] section of a unit; of a key that occurs twice the last value."""
    unit = configparser.RawConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # keys as they are written
    unit.read(path)
    return dict(unit["Service"])


@needs_systemd
def test_systemd_has_nothing_to_object_to(tmp_path: Path) -> None:
    units = [UNIT, UPDATE, UPDATE.with_suffix(".timer")]
    for unit in units:
        text = unit.read_text().replace("/opt/edge-classify/bin/python", sys.executable)
        (tmp_path / unit.name).write_text(text)
    command = ["systemd-analyze", "verify", *(tmp_path / unit.name for unit in units)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "edge-classify" in line] == []
    assert done.returncode == 0, done.stderr


@needs_systemd
@pytest.mark.parametrize(("unit", "exposure"), [(UNIT, "0."), (UPDATE, "1.")])  # an update needs the network
def test_it_is_exposed_to_little(unit: Path, exposure: str) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].startswith(f"→ Overall exposure level for {unit.name}: {exposure}")


def test_the_command_is_one_that_the_runner_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    python, isolated, module_flag, module, *arguments = shlex.split(settings()["ExecStart"])
    assert (python, isolated, module_flag, module) == ("/opt/edge-classify/bin/python", "-I", "-m", "edge.run.main")
    arguments[arguments.index("--config") + 1] = str(CONFIG)
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/edge-classify")
    options = config_file.parse(parser(), arguments)
    assert (options.camera, options.store) == ("0", Path("/var/lib/edge-classify/models"))


def test_the_update_takes_its_arguments_from_a_file_and_shares_the_runners_store() -> None:
    *command, name, last = shlex.split(settings(UPDATE)["ExecStart"])
    assert [*command, name, last] == [*shlex.split(settings()["ExecStart"])[:4], NAME, "$ARGUMENTS"]
    (arguments,) = re.findall(r"^# ARGUMENTS=(.*)$", (ROOT / "packaging" / "update").read_text(), re.MULTILINE)
    assert update_parser().parse_args(shlex.split(arguments)).source.startswith("https://")
    for key in ("User", "DynamicUser", "StateDirectory", "UMask", "MemoryMax"):
        assert settings(UPDATE)[key] == settings()[key]


def test_the_examples_in_the_config_file_are_good_ones(tmp_path: Path) -> None:
    whole = re.sub(r"^# (?=[\w-]+ = )", "", CONFIG.read_text(), flags=re.MULTILINE)
    assert whole.count("\n#") == CONFIG.read_text().count("\n#") - 2
    (tmp_path / "c.toml").write_text(whole)
    options = config_file.parse(parser(), ["--config", str(tmp_path / "c.toml")])
    assert (options.threshold, options.roi.x, options.roi.width) == (0.7, 0.25, 0.5)


def test_a_wrong_call_is_not_tried_again() -> None:
    assert settings()["RestartPreventExitStatus"] == str(EXIT_USAGE)
    assert (settings()["Type"], settings()["SupplementaryGroups"]) == ("notify", "video")


@pytest.mark.skipif(shutil.which("make") is None, reason="make isn't here")
def test_all_that_is_installed_goes_below_destdir() -> None:
    command = ["make", "--dry-run", "install-service", "DESTDIR=/stage", "EXTRAS=web,mqtt"]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # nothing from a make
    done = subprocess.run(command, cwd=ROOT, env=plain, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    paths = [word for line in lines if not line.startswith("echo") for word in line.split() if word.startswith("/")]
    assert len(paths) >= 5
    assert all(f"{path}/".startswith("/stage/") for path in paths)
    assert any("'.[web,mqtt]'" in line for line in lines)
    assert not any("systemctl daemon-reload" in line for line in lines)


@pytest.mark.e2e
@pytest.mark.skipif(shutil.which("make") is None, reason="make isn't here")
def test_what_is_installed_below_destdir_runs_where_it_is_moved_to(tmp_path: Path) -> None:
    stage, place = tmp_path / "stage", tmp_path / "opt" / "edge-classify"
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "PYTHON"))}
    made = subprocess.run(
        ["make", "install-service", f"DESTDIR={stage}", f"SERVICE={place}", f"PYTHON={sys.executable}"],
        cwd=ROOT, env={**plain, "PIP_NO_DEPS": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "No matching distribution found" in made.stderr:
        pytest.skip("no package index is in reach, and building needs setuptools")
    assert made.returncode == 0, made.stderr
    place.parent.mkdir()
    (stage / place.relative_to("/")).rename(place)
    for command in ([place / "bin" / "edge-classify"], [place / "bin" / "python", "-I", "-m", "edge.run.main"]):
        done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, f"edge-classify {edge.__version__}\n"), done.stderr
    files = [path for path in place.rglob("*") if path.is_file() and not path.is_symlink()]
    assert [path for path in files if os.fsencode(stage) in path.read_bytes()] == []
    assert (stage / "etc" / "systemd" / "system" / "edge-classify.service").is_file()
