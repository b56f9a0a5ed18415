"""The service as it is installed: units that systemd accepts, a config file that the runner accepts, paths, alerts."""

from __future__ import annotations

import configparser
import inspect
import json
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
from edge.health import Health
from edge.run.flags import parser
from edge.update.flags import NAME
from edge.update.flags import parser as update_parser

ROOT = Path(__file__).parents[1]
UNIT = ROOT / "packaging" / "edge-classify.service"
UPDATE = ROOT / "packaging" / "edge-classify-update.service"
UNITS = sorted((ROOT / "packaging").glob("*.service"))
TIMERS = sorted((ROOT / "packaging").glob("*.timer"))
CONFIG = ROOT / "packaging" / "config.toml"
RULES = ROOT / "packaging" / "prometheus-rules.yml"

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze isn't here: apt install systemd"
)


def settings(path: Path = UNIT) -> dict[str, str]:
    """The [Service] section of a unit; of a key that occurs twice the last value."""
    unit = configparser.RawConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # keys as they are written
    unit.read(path)
    return dict(unit["Service"])


def test_every_unit_is_of_one_service_or_a_template_of_many() -> None:
    assert [path.stem for path in UNITS] == [
        *("edge-classify-update", "edge-classify-update@"),
        *("edge-classify", "edge-classify@"),
    ]
    assert [path.stem for path in TIMERS] == ["edge-classify-update", "edge-classify-update@"]


@needs_systemd
def test_systemd_has_nothing_to_object_to(tmp_path: Path) -> None:
    for unit in (*UNITS, *TIMERS):
        text = unit.read_text().replace("/opt/edge-classify/bin/python", sys.executable)
        (tmp_path / unit.name.replace("@", "@door")).write_text(text)
    command = ["systemd-analyze", "verify", *tmp_path.iterdir()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "edge-classify" in line] == []
    assert done.returncode == 0, done.stderr


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_it_is_exposed_to_little(unit: Path) -> None:
    exposure = "1." if "update" in unit.name else "0."  # an update needs the network
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].startswith(
        f"→ Overall exposure level for {unit.name.replace('@', '@i')}: {exposure}"
    )


@pytest.mark.parametrize("unit", [UNIT, UPDATE], ids=lambda path: path.stem)
def test_a_template_differs_from_its_unit_by_the_instance_alone(unit: Path) -> None:
    def lines(path: Path) -> list[str]:
        return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]

    template = [line for line in lines(unit.with_stem(f"{unit.stem}@")) if "%i.environment" not in line]
    own = {
        "/etc/edge-classify/%i.toml": "/etc/edge-classify/config.toml",
        "/etc/edge-classify/%i.update": "/etc/edge-classify/update",
        "edge-classify@%i.service": "edge-classify.service",
        "edge-classify-%i": "edge-classify",
        " (%i)": "",
    }
    for instance, single in own.items():
        template = [line.replace(instance, single) for line in template]
    assert template == lines(unit)
    folders = settings(unit.with_stem(f"{unit.stem}@"))
    assert (folders["StateDirectory"], folders["WorkingDirectory"]) == ("edge-classify-%i", "%S/edge-classify-%i")


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
    examples = re.findall(r"^# ARGUMENTS=(.*)$", (ROOT / "packaging" / "update").read_text(), re.MULTILINE)
    one, fleet = (update_parser().parse_args(shlex.split(arguments)) for arguments in examples)
    assert one.source.startswith("https://")
    assert fleet.manifest.startswith("https://")
    assert fleet.require_signature
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
    for unit in (*UNITS, *TIMERS):
        assert f"/stage/etc/systemd/system/{unit.name}" in paths
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


# ---- alerts


def rules() -> list[dict[str, str]]:
    """Return name and expression of each alert, read by hand: YAML needs a library that nothing else does."""
    text = RULES.read_text(encoding="utf-8")
    found = re.findall(
        r"^      - alert: (\w+)\n(?:        #.*\n)?        expr: (.*(?:\n          .*)*)", text, re.MULTILINE
    )
    return [{"alert": name, "expr": " ".join(expression.removeprefix(">-").split())} for name, expression in found]


def test_every_metric_of_an_alert_is_one_that_the_page_publishes(tmp_path: Path) -> None:
    pytest.importorskip("prometheus_client", reason="metrics need the extra `web`: pip install 'edge-classify[web]'")
    from edge.sinks.web.live_state import LiveState
    from edge.sinks.web.metrics import Metrics

    firmware = tmp_path / "sys/devices/platform/soc/soc:firmware/get_throttled"
    firmware.parent.mkdir(parents=True)
    firmware.write_text("0\n")
    failed = {"sha256": "ab", "reason": "why", "time": "2026-01-02T12:00:00Z"}
    health = Health(rolled_back=failed, refused=failed)
    published = Metrics(LiveState(health), [], model_sha256="ab", root=tmp_path).text().decode()
    named = {name for rule in rules() for name in re.findall(r"edge_classify_\w+", rule["expr"])}
    assert len(rules()) == RULES.read_text().count("- alert: ") >= 8
    only_later = {"edge_classify_answer"}  # after the first frame
    assert {name for name in named - only_later if f"# TYPE {name.removesuffix('_bucket')} " not in published} == set()
    assert f'"{only_later.pop()}"' in Path(inspect.getfile(Metrics)).read_text()


needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool here: apt install prometheus")
DOOR = 'instance="door:8080",job="edge-classify-door"'
OTHER = 'instance="hall:8080",job="edge-classify-door"'
# Alert -> series of one device, and of one for which it must not fire; a sample a minute.
FIRING = {
    "EdgeClassifyDown": {f"up{{{DOOR}}}": "0x2000", f"up{{{OTHER}}}": "1x2000"},
    "EdgeClassifyStale": {
        f'edge_classify_state{{state="stale",{DOOR}}}': "1x2000",
        f'edge_classify_state{{state="stale",{OTHER}}}': "0x2000",
    },
    "EdgeClassifyThrottled": {
        f'edge_classify_throttled{{condition="under-voltage",{DOOR}}}': "1x2000",
        f'edge_classify_throttled{{condition="under-voltage",{OTHER}}}': "0x2000",
    },
    "EdgeClassifySlow": {  # a third of the frames take longer than 0.25 s; all are faster
        f'edge_classify_latency_seconds_bucket{{le="0.25",{DOOR}}}': "0+40x2000",
        f'edge_classify_latency_seconds_bucket{{le="1.0",{DOOR}}}': "0+60x2000",
        f'edge_classify_latency_seconds_bucket{{le="+Inf",{DOOR}}}': "0+60x2000",
        f'edge_classify_latency_seconds_bucket{{le="0.25",{OTHER}}}': "0+60x2000",
        f'edge_classify_latency_seconds_bucket{{le="+Inf",{OTHER}}}': "0+60x2000",
    },
    "EdgeClassifyUnknown": {  # 2 of 3 moments; 1 of 3; nothing in view counts for neither
        f'edge_classify_answer{{state="unknown",label="",{DOOR}}}': "1 1 0 0 " * 500,
        f'edge_classify_answer{{state="known",label="Coat",{DOOR}}}': "_ _ 1 _ " * 500,
        f'edge_classify_answer{{state="nothing",label="",{DOOR}}}': "0 0 0 1 " * 500,
        f'edge_classify_answer{{state="unknown",label="",{OTHER}}}': "1 0 0 0 " * 500,
        f'edge_classify_answer{{state="known",label="Coat",{OTHER}}}': "_ 1 1 _ " * 500,
    },
    "EdgeClassifyRolledBack": {
        f'edge_classify_model_rollback_timestamp_seconds{{sha256="ab",{DOOR}}}': "60000x2000",
        f'edge_classify_model_rollback_timestamp_seconds{{sha256="cd",{OTHER}}}': "-90000x2000",
    },
    "EdgeClassifyModelRefused": {
        f'edge_classify_model_refused_timestamp_seconds{{sha256="ab",{DOOR}}}': "60000x2000",
        f'edge_classify_model_refused_timestamp_seconds{{sha256="cd",{OTHER}}}': "-90000x2000",
    },
    "EdgeClassifyModelSkew": {
        f'edge_classify_model_info{{sha256="ab",{DOOR}}}': "1x5000",
        f'edge_classify_model_info{{sha256="cd",{OTHER}}}': "1x5000",
        'edge_classify_model_info{sha256="ef",instance="x",job="edge-classify-shop"}': "1x5000",
        'edge_classify_model_info{sha256="ef",instance="y",job="edge-classify-shop"}': "1x5000",
    },
    "EdgeClassifySinkFailing": {
        f'edge_classify_sink_failing{{sink="mqtt",{DOOR}}}': "1x2000",
        f'edge_classify_sink_failing{{sink="mqtt",{OTHER}}}': "0x2000",
    },
}


def test_there_is_a_case_for_every_alert() -> None:
    assert [rule["alert"] for rule in rules()] == list(FIRING)


@needs_promtool
@pytest.mark.parametrize("alert", FIRING)
def test_an_alert_fires_for_the_device_that_it_is_meant_for_and_no_other(tmp_path: Path, alert: str) -> None:
    """Prometheus' own unit test of rules; its files are YAML, of which JSON is a part."""
    minutes = 4400 if alert == "EdgeClassifyModelSkew" else 1200
    shutil.copy(RULES, tmp_path / "rules.yml")
    found = {"expr": f'count by (job) (ALERTS{{alertname="{alert}",alertstate="firing"}})', "eval_time": f"{minutes}m",
             "exp_samples": [{"labels": '{job="edge-classify-door"}', "value": 1}]}  # fmt: skip
    test = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": text} for name, text in FIRING[alert].items()],
                "promql_expr_test": [found],
            }
        ],
    }
    (tmp_path / "test.yml").write_text(json.dumps(test))
    for command in (["check", "rules", "rules.yml"], ["test", "rules", "test.yml"]):
        done = subprocess.run(["promtool", *command], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
