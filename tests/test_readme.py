"""The README is held to the project: its figures to the measurements, its commands and flags to the parsers."""

import importlib
import importlib.util
import json
import re
import shlex
from pathlib import Path

import pytest

import edge.run.flags
import train.__main__
import train.compare
import train.report.__main__
from edge import errors
from edge.bulk import command as bulk
from edge.cli import config_file
from edge.collect import command as collect
from edge.describe import command as describe
from edge.doctor import command as doctor
from edge.teach import command as teach
from edge.update import flags as update

ROOT = Path(__file__).parents[1]
PACKAGE_PAGE = "packaging/description.md"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "SECURITY.md",
        ROOT / PACKAGE_PAGE,
        *sorted((ROOT / "docs").glob("*.md")),
    )
}
TAUGHT = "\n".join(text for name, text in PAGES.items() if name not in ("docs/training.md", "docs/hardening.md"))
COMMANDS = [
    line.split("#")[0].strip().replace('"$DIGEST"', "0" * 64)
    for block in re.findall(r"```sh\n(.*?)```", TAUGHT, re.DOTALL)
    for line in block.splitlines()
]
WORKFLOW = (ROOT / "docs" / "benchmark-pull-request.yml").read_text(encoding="utf-8")
# Its commands for one turn of its loops, without what the shell does with them.
_ONE_TURN = WORKFLOW.replace("\\\n", " ").replace("$side", "new").replace("$mode", "int8")
WORKFLOW_COMMANDS = [command.strip() for command in re.findall(r"python -m [^>|)\n]+", _ONE_TURN)]


def _render():
    specification = importlib.util.spec_from_file_location("render", ROOT / "docs" / "render.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES)
def test_every_figure_is_what_a_command_measured(page: str) -> None:
    assert _render().render(PAGES[page]) == PAGES[page], "run `python docs/render.py`"


@pytest.mark.parametrize("page", PAGES)
def test_the_same_bytes_are_promised_for_the_kernels_that_gave_them_alone(page: str) -> None:
    measured = json.loads((ROOT / "docs" / "measured" / "other_runtimes.json").read_text(encoding="utf-8"))["rows"]
    exact = {row["runtime"] for row in measured if row["file"] == "edge_int8.tflite" and row.get("same_bytes") == 1}
    assert len(exact) == 2
    assert all("XNNPACK" in runtime for runtime in exact)

    paragraphs = [" ".join(text.split()) for text in re.split(r"\n\n|\n- ", PAGES[page])]
    promises = [
        text for text in paragraphs if "same bytes" in text and ("every processor" in text or "everywhere" in text)
    ]
    assert [text for text in promises if "XNNPACK" not in text] == []


def test_a_file_that_seems_to_run_and_answers_wrong_is_called_wrong() -> None:
    row = {"runtime": "OpenCV, classic", "version": "5", "file": "edge_int8.onnx", "same_bytes": 0.0}
    page = _render().import_module("other_runtimes").page
    refused = {"runtime": "OpenCV, new", "version": "5", "file": "edge_int8.onnx", "error": "no lookup"}

    text = page({"images": 2000, "rows": [row | {"same_answer": 0.41}, refused]})

    assert "| OpenCV 5, classic |  |  | **wrong: 41.0** |  |" in text
    assert "| OpenCV 5, new |  |  | refused |  |" in text
    assert "`no lookup`" in text


def test_a_block_shows_the_lines_it_asks_for() -> None:
    assert _render()._selected(["a", "b", "c", "d", "e"], ["1-2", "-1"]) == ["a", "b", "...", "e"]
    paragraphs = ["a", "b", "", "c", "", "d", "", "e", "f"]
    assert _render()._selected(paragraphs, ["p1-2", "p-1"]) == ["a", "b", "", "c", "...", "e", "f"]


@pytest.mark.parametrize("page", PAGES)
def test_linked_files_and_headings_exist(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", PAGES[page])
    missing = []
    for link in links:
        name, _, heading = link.partition("#")
        target = (ROOT / page).parent.joinpath(name).resolve() if name else ROOT / page
        if not target.exists() or (heading and heading not in headings(target)):
            missing.append(link)
    assert missing == []


def headings(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    lines = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


def test_the_readme_is_short_and_leads_to_every_page() -> None:
    assert len(README.splitlines()) <= 180
    for page in PAGES:
        assert page in ("README.md", PACKAGE_PAGE) or f"]({page}" in README


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("edge-classify")])
def test_every_runner_command_is_understood(line: str) -> None:
    arguments = line.split()[1:]
    if arguments[:1] == [doctor.NAME]:
        doctor.parser().parse_args(arguments[1:])
    elif arguments[:1] == [bulk.NAME]:
        bulk.config_from(bulk.parser().parse_args(shlex.split(line)[2:]))
    elif arguments[:1] == [collect.NAME]:
        collect.config_from(collect.parser().parse_args(arguments[1:]))
    elif arguments[:1] == [describe.NAME]:
        describe.parser().parse_args(arguments[1:])
    elif arguments[:1] == [teach.NAME]:
        teach.parser().parse_args(arguments[1:])
    elif arguments[:1] == [update.NAME]:
        update.parser().parse_args(arguments[1:])
    else:
        edge.run.flags.parser().parse_args(arguments)


def test_the_config_files_shown_are_understood(tmp_path: Path) -> None:
    shown = []
    for example in re.findall(r"```toml\n(.*?)```", TAUGHT, re.DOTALL):
        (tmp_path / "config.toml").write_text(example, encoding="utf-8")
        shown.append(config_file.parse(edge.run.flags.parser(), ["--config", str(tmp_path / "config.toml")]))
    camera, page = shown
    assert camera.camera.startswith("/dev/v4l/by-id/")
    assert (camera.threshold, camera.hold_frames) == (0.7, 5)
    assert page.serve_embed_from == ["http://homeassistant.local:8123"]


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("python -m")] + WORKFLOW_COMMANDS)
def test_every_module_command_is_understood(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "photos").mkdir()
    monkeypatch.chdir(tmp_path)
    _, _, module, *arguments = line.split()
    if module.startswith("train"):
        modules = {"train": train.__main__, "train.compare": train.compare, "train.report": train.report.__main__}
        modules[module].parser().parse_args(arguments)
    elif module == "export.sign":
        from export import sign

        sign.parser().parse_args(arguments)
    elif module in ("export.micro", "export.web"):
        importlib.import_module(f"{module}.__main__").parser().parse_args(arguments)
    elif module.startswith("export."):
        pytest.importorskip("tensorflow")
        from export import command, onnx, tflite

        file_format = {"export.tflite": tflite.TfliteFormat, "export.onnx": onnx.OnnxFormat}[module]()
        command.parser(file_format, epilog="").parse_args(arguments)
    else:
        pytest.importorskip("matplotlib")
        from benchmarks import __main__ as benchmarks
        from benchmarks.compare import command as compare
        from benchmarks.device import bundle, merge
        from benchmarks.overhead import command as runner

        assert module == "benchmarks"
        parsers = {command.NAME: command.parser for command in (compare, runner, bundle, merge)}
        if arguments and arguments[0] in parsers:
            parsers[arguments[0]]().parse_args(arguments[1:])
        else:
            benchmarks.parser().parse_args(arguments)


def test_the_workflow_exports_measures_and_compares_what_is_there() -> None:
    assert [command.split()[2] for command in WORKFLOW_COMMANDS] == ["export.tflite", "benchmarks", "benchmarks"]
    assert (ROOT / WORKFLOW_COMMANDS[0].split()[3] / "model.keras").is_file()
    (extras,) = re.findall(r"pip install -c new/constraints.txt -e 'new\[(.+)\]'", WORKFLOW)
    known = re.findall(r"^([a-z-]+) = \[", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(extras.split(",")) <= set(known)


def test_every_exit_code_is_explained() -> None:
    codes = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}

    explained = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGES["docs/flags.md"], re.MULTILINE)}
    assert explained == codes


def test_each_attack_has_one_promise_and_security_says_the_same() -> None:
    _, *sections = PAGES["docs/hardening.md"].split("\n## ")
    promises = [re.findall(r"^Promised: (.+?)\n\n", section, re.MULTILINE | re.DOTALL) for section in sections]
    assert [len(each) for each in promises] == [1] * len(sections)
    security = " ".join(PAGES["SECURITY.md"].split()).lower()
    missing = [promise for (promise,) in promises if " ".join(promise.split()).lower() not in security]
    assert not missing


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert {line.split()[1] for line in TAUGHT.splitlines() if line.startswith("make ")} <= targets
