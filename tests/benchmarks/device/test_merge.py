import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.analysis.row import known
from benchmarks.config import BenchmarkConfig
from benchmarks.device.merge import main, merge, parse, read
from benchmarks.device.run import DeviceResult, MeasuredVariant, read_result
from benchmarks.host.environment import describe_environment, environment_lines, machine_name
from benchmarks.host.machine_state import MachineState
from benchmarks.measure.inputs import EvaluationSet
from benchmarks.measure.job import OK, Measurement, Outcome
from benchmarks.measure.rounds import Trial
from benchmarks.measure.variants import Variant
from benchmarks.records import to_record
from benchmarks.report.schema import Report
from edge.artifact.file import Artifact
from edge.errors import ToolkitError

CALM = MachineState()
FLOAT, INT8 = "a_none.tflite (litert)", "a_int8.tflite (litert)"
PI, SHORT_PI = "Raspberry Pi 5 Model B Rev 1.0", "Raspberry Pi 5 Model B"


@pytest.fixture
def result(measurement: Callable[..., Measurement]) -> Callable[..., dict[str, Any]]:
    """Rows that a device sends back: a float file of 80 microseconds and an int8 one of 40."""

    def make(**environment: Any) -> dict[str, Any]:
        measured: list[MeasuredVariant] = []
        for name, mode, invoke_ns in (("a_none.tflite", "none", 80_000), ("a_int8.tflite", "int8", 40_000)):
            artifact = Artifact(Path(f"/kit/{name}"), "tflite", name.ljust(64, "0"), 1000, None)
            outcome = Outcome(OK, measurement=measurement(quantization=mode, invoke_ns=invoke_ns))
            variant = Variant(name, artifact.path, artifact, "litert")
            measured.append(MeasuredVariant.of(variant, [Trial(outcome, CALM, CALM)] * 2))
        made = DeviceResult(
            statement="accuracy on drawn garments, not on Fashion-MNIST (10 images)",
            test_images=EvaluationSet("demo", 10, "ab" * 32, list(range(10))),
            environment=replace(describe_environment(["python", "kit.zip"], seed=0, threads=1), **environment),
            settings=BenchmarkConfig(repeats=2),
            variants=tuple(measured),
        )
        return json.loads(json.dumps(to_record(made)))  # type: ignore[no-any-return]

    return make


def _merge(*files: tuple[str, dict[str, Any]]) -> Report:
    return merge([parse(name, data) for name, data in files])


def test_trials_travel_as_json(result: Callable[..., dict[str, Any]]) -> None:
    first, _ = read_result(result()).variants
    variant, trials = first.variant, first.trials

    assert (variant.row_id, variant.artifact and variant.artifact.size_bytes) == ("a_none.tflite @ litert", 1000)
    assert (len(trials), trials[0].before) == (2, CALM)
    assert trials[0].outcome.measurement is not None
    assert trials[0].outcome.measurement.invoke_ns == [80_000] * 500


@pytest.mark.parametrize(
    ("change", "match"), [({"device_schema_version": 9}, "schema 9"), ({"variants": [{}]}, "damaged")]
)
def test_newer_and_damaged_results_are_refused(
    result: Callable[..., dict[str, Any]], change: dict[str, Any], match: str
) -> None:
    with pytest.raises(ToolkitError, match=match):
        read_result(result() | change)


def test_one_device_gives_a_report_like_any_other(result: Callable[..., dict[str, Any]]) -> None:
    report = _merge(("pi.json", result(kind="board", board=PI)))

    assert [row.id for row in report.rows] == ["a_none.tflite @ litert", "a_int8.tflite @ litert"]
    assert (report.rows[1].machine, known(report.rows[1].speedup).value) == (SHORT_PI, pytest.approx(2.0))
    assert report.environment.board == PI
    assert report.recommendation[0].startswith("Use a_int8.tflite ")


def test_of_several_machines_every_row_names_its_own_and_is_compared_with_it(
    result: Callable[..., dict[str, Any]],
) -> None:
    host = {"kind": "host", "board": None, "cpu": "Some CPU", "architecture": "x86_64"}

    report = _merge(("pi.json", result(kind="board", board=PI)), ("host.json", result(**host)))

    assert [row.machine for row in report.rows] == [SHORT_PI, SHORT_PI, "host x86_64", "host x86_64"]
    on_host, use = " on host x86_64", "Use a_int8.tflite (litert)"
    assert report.rows[3].variant == f"a_int8.tflite{on_host}"
    assert report.rows[3].reference == f"a_none.tflite @ litert{on_host}"
    first, second, loss, agreement = report.recommendation
    assert first.startswith(f"{SHORT_PI}: {use}")
    assert second.startswith(f"host x86_64: {use}")
    assert loss.startswith("None of 2 ")
    assert agreement.partition(": ")[2] == f"{FLOAT}, {INT8}."
    assert PI in machine_name(report.environment)
    told = [text for name, text in environment_lines(report.environment) if name == "machine"]
    assert [text.partition(":")[0] for text in told] == [f"{SHORT_PI} = board", "host x86_64 = host"]


def test_an_emulated_machine_has_its_losses_and_no_times(result: Callable[..., dict[str, Any]]) -> None:
    emulated = result(kind="emulated", board=None, cpu=None, emulator="qemu-user", architecture="aarch64")
    for variant in emulated["variants"]:
        for trial in variant["trials"]:
            trial["outcome"]["measurement"] |= {
                "invoke_ns": [], "model_ns": [], "frame_to_decision_ns": [], "end_to_end_ns": [], "stage_median_ns": {},
            }  # fmt: skip
        answers = variant["trials"][0]["outcome"]["measurement"]["predictions"]
        answers[0] = 5 if variant["name"] == "a_int8.tflite" else answers[0]

    report = _merge(("pi.json", result(kind="board", board=PI)), ("arm.json", emulated))

    (row,) = [row for row in report.rows if row.variant == "a_int8.tflite on emulated aarch64"]
    assert (row.status, row.invoke, row.speedup) == ("not timed", None, None)
    assert (row.loss_pp, row.top1_agreement, known(row.against_float).lost) == (10.0, 0.9, 1)
    assert report.recommendation[1].startswith("emulated aarch64: No file ")
    same, _, different = report.recommendation[3].partition(". ")
    assert same.endswith(f": {FLOAT}")
    assert different.endswith(f"{INT8}: 9 of 10.")


def test_a_merged_report_cannot_be_merged_again(result: Callable[..., dict[str, Any]]) -> None:
    both = _merge(("1", result()), ("2", result()))

    with pytest.raises(ToolkitError, match=r"both.json .* 1, 2"):
        _merge(("both.json", to_record(both)), ("3", result()))


def test_equal_machines_are_numbered(result: Callable[..., dict[str, Any]]) -> None:
    pi = result(kind="board", board=PI)

    assert {row.machine for row in _merge(("1", pi), ("2", pi)).rows} == {f"{SHORT_PI} 1", f"{SHORT_PI} 2"}


def test_reports_merge_with_results_and_again(result: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(json.dumps(result(kind="board", board=PI)), encoding="utf-8")
    assert main([str(tmp_path / "result.json"), "--out", str(tmp_path / "one"), "-q"]) == 0

    files = [str(tmp_path / "one" / "report.json"), str(tmp_path / "result.json")]
    assert main([*files, "--out", str(tmp_path / "two"), "-q"]) == 0

    assert len(json.loads((tmp_path / "two" / "report.json").read_text(encoding="utf-8"))["rows"]) == 4
    assert (tmp_path / "two" / "report.html").is_file()


def test_other_images_cannot_be_merged(result: Callable[..., dict[str, Any]]) -> None:
    other = result()
    other["test_images"]["sha256"] = "cd" * 32

    with pytest.raises(ToolkitError, match="different test images"):
        _merge(("a.json", result()), ("b.json", other))


def test_a_report_without_raw_values_cannot_be_merged(result: Callable[..., dict[str, Any]]) -> None:
    report = to_record(_merge(("a.json", result())))
    for row in report["rows"]:
        del row["raw"]

    with pytest.raises(ToolkitError, match="raw values"):
        _merge(("r.json", report))


@pytest.mark.parametrize(("text", "match"), [("{", "no JSON"), ("[]", "neither"), ('{"rows": []}', "neither")])
def test_a_file_that_is_no_result_is_refused(tmp_path: Path, text: str, match: str) -> None:
    (tmp_path / "x.json").write_text(text, encoding="utf-8")

    with pytest.raises(ToolkitError, match=match):
        read(tmp_path / "x.json")


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolkitError, match="no file"):
        read(tmp_path / "x.json")


def test_a_report_alone_is_written_again_with_the_sentences_of_this_version(
    result: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    folder = tmp_path / "report"
    (tmp_path / "result.json").write_text(json.dumps(result(kind="board", board=PI)), encoding="utf-8")
    assert main([str(tmp_path / "result.json"), "--out", str(folder), "-q"]) == 0
    made = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    older = {**made, "recommendation": ["of an older version"], "noise": [], "settings": made["settings"] | {"seed": 7}}
    (folder / "report.json").write_text(json.dumps(older), encoding="utf-8")

    assert main([str(folder / "report.json"), "--out", str(folder), "-q"]) == 0

    again = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert again == made | {"settings": older["settings"], "noise": []} | {
        "frames": made["frames"] | {"seed": 7},
    }


def test_a_report_on_several_machines_keeps_its_advice_for_each(result: Callable[..., dict[str, Any]]) -> None:
    both = _merge(("1", result(kind="board", board=PI)), ("2", result(kind="board", board="Raspberry Pi 4")))

    again = _merge(("both.json", to_record(both)))

    assert again == both
    assert len([sentence for sentence in again.recommendation if "Use a_int8" in sentence]) == 2


def test_reports_on_other_classes_keep_their_names(result: Callable[..., dict[str, Any]]) -> None:
    names = ["ripe", "unripe", *(f"fruit {number}" for number in range(8))]
    made = result()
    made["test_images"]["class_names"] = names

    report = _merge(("1", made), ("2", made))

    assert [share.label for share in known(report.rows[0].accuracy).classes] == names
    assert [loss.label for loss in known(report.rows[1].against_float).classes] == names
