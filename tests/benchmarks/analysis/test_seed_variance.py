import json
from collections.abc import Callable
from pathlib import Path

from benchmarks.analysis.row import Row
from benchmarks.analysis.seed_variance import Repetition, TrainingRun, read_training_runs, seed_groups, seed_sentence
from benchmarks.measure.job import CalibrationManifest

Make = Callable[..., Row]
NONE_NEEDED = CalibrationManifest()


def _seeded(row: Make, seed: int, **values: object) -> Row:
    manifest = CalibrationManifest(dataset="demo", count=300, seed=seed, sha256="ee" * 32)
    return row(f"a_int8_{seed}.tflite", **{"calibration": manifest, **values})


def test_files_that_differ_in_the_calibration_seed_are_a_group(row: Make) -> None:
    rows = [_seeded(row, 2, wrong=3), _seeded(row, 0, wrong=1), _seeded(row, 1), row("b", reason="crashed")]

    (group,) = seed_groups(rows, {})

    assert (group.kind, group.seeds, group.top1) == ("calibration", (0, 1, 2), (0.9, 1.0, 0.7))
    assert group.range_pp == 30.0
    assert group.least_agreement == 0.7  # seed 1 against seed 2
    assert [
        fact
        for fact in ("a_int8_0.tflite (litert)", "seeds 0, 1, 2", "70.00% to 100.00%", "30.00 points", "70.00% of")
        if fact not in seed_sentence(group)
    ] == []


def test_another_source_runtime_or_count_is_another_group(row: Make) -> None:
    rows = [
        _seeded(row, 0),
        _seeded(row, 1, source_sha256="99" * 32),
        _seeded(row, 2, runtime="tflite-runtime"),
        _seeded(row, 3, calibration=CalibrationManifest(dataset="demo", count=100, seed=3)),
        _seeded(row, 4, calibration=NONE_NEEDED),
    ]

    assert seed_groups(rows, {}) == ()


def test_trainings_of_one_recipe_are_another_kind(row: Make) -> None:
    names = ("11" * 32, "22" * 32, "33" * 32)
    runs = {
        names[0]: TrainingRun("one", 0, "recipe"),
        names[1]: TrainingRun("two", 1, "recipe"),
        names[2]: TrainingRun("other", 2, "another recipe"),
    }
    rows = [
        row(
            f"{name[:2]}.tflite",
            quantization="none",
            source_sha256=name,
            wrong=wrong,
            calibration=CalibrationManifest(),
        )
        for name, wrong in zip(names, (1, 2, 3), strict=True)
    ]

    (group,) = seed_groups([*rows, row("11_int8.tflite", source_sha256=names[0])], runs)

    assert (group.kind, group.seeds, group.range_pp) == ("training", (0, 1), 10.0)
    assert [
        fact
        for fact in ("11.tflite (litert)", "seeds 0, 1", "80.00% to 90.00%", "10.00 points")
        if fact not in seed_sentence(group)
    ] == []


def test_recorded_trainings_are_a_group_with_the_loss_of_each_int8_file(row: Make) -> None:
    told = (Repetition(0, "demo", 1000, 0.94, 0.942), Repetition(1, "demo", 1000, 0.939, 0.932))
    runs = {"11" * 32: TrainingRun("edge", 0, "recipe", told), "22" * 32: TrainingRun("alone", 0, "another", told[:1])}
    rows = [
        row("edge_none.tflite", quantization="none", source_sha256="11" * 32, calibration=NONE_NEEDED),
        row("edge_int8.tflite", source_sha256="11" * 32),
        row("alone.tflite", source_sha256="22" * 32),
    ]

    (group,) = seed_groups(rows, runs)

    assert (group.kind, group.seeds, group.range_pp) == ("training", (0, 1), 0.1)
    assert group.rows == ("edge_none.tflite @ litert", "edge_int8.tflite @ litert")
    assert group.int8_loss_pp == (-0.2, 0.7)
    assert [
        fact
        for fact in (
            "edge",
            "seeds 0, 1",
            "1,000 images of demo",
            "93.90% to 94.00%",
            "0.10 points",
            "93.20% to 94.20%",
            "-0.20, 0.70",
        )
        if fact not in seed_sentence(group)
    ] == []


def _run(folder: Path, source: str, *, seed: int = 0, epochs: int = 3, initial: str | None = None) -> None:
    folder.mkdir(parents=True)
    config = {"seed": seed, "name": folder.name, "runs": "runs", "epochs": epochs, "initial": initial}
    (folder / "model_spec.json").write_text(json.dumps({"provenance": {"source_sha256": source}}), encoding="utf-8")
    (folder / "metrics.json").write_text(json.dumps({"config": config, "preset": {"name": "edge"}}), encoding="utf-8")


def test_runs_that_differ_in_name_and_seed_have_one_recipe(tmp_path: Path) -> None:
    _run(tmp_path / "a", "11")
    _run(tmp_path / "b", "22", seed=5)
    _run(tmp_path / "c", "33", epochs=9)

    runs = read_training_runs([tmp_path, tmp_path / "not there"])

    assert {source: (run.name, run.seed) for source, run in runs.items()} == {
        "11": ("a", 0), "22": ("b", 5), "33": ("c", 0),
    }  # fmt: skip
    assert runs["11"].recipe == runs["22"].recipe != runs["33"].recipe


def test_an_unfinished_run_is_left_out(tmp_path: Path) -> None:
    _run(tmp_path / "a", "11")
    (tmp_path / "a" / "metrics.json").write_text("{", encoding="utf-8")

    assert read_training_runs([tmp_path]) == {}


def test_the_recipe_of_a_run_holds_the_settings_of_the_run_it_starts_from(tmp_path: Path) -> None:
    _run(tmp_path / "first", "11")
    _run(tmp_path / "first-seed1", "22", seed=1)
    _run(tmp_path / "other", "33", epochs=9)
    for source, begin, seed in (("44", "first", 0), ("55", "first-seed1", 1), ("66", "other", 0)):
        _run(tmp_path / f"after {begin}", source, seed=seed, initial=f"runs/{begin}")

    runs = read_training_runs([tmp_path])

    assert runs["44"].recipe == runs["55"].recipe != runs["66"].recipe


def test_a_run_that_starts_from_one_of_its_own_name_is_read(tmp_path: Path) -> None:
    _run(tmp_path / "edge", "11", initial="pretrained/edge")

    assert read_training_runs([tmp_path])["11"].name == "edge"


def test_a_run_directory_records_its_repetitions(tmp_path: Path) -> None:
    _run(tmp_path / "a", "11")
    _run(tmp_path / "b", "22")
    records = [{"seed": seed, "dataset": "demo", "images": 10, "top1": 0.9, "int8_top1": 0.8} for seed in (2, 0)]
    (tmp_path / "a" / "repetitions.json").write_text(json.dumps(records), encoding="utf-8")
    (tmp_path / "b" / "repetitions.json").write_text('[{"seed": 1}]', encoding="utf-8")

    runs = read_training_runs([tmp_path])

    assert runs["11"].repetitions == tuple(Repetition(seed, "demo", 10, 0.9, 0.8) for seed in (0, 2))
    assert runs["22"].repetitions == ()


def test_the_shipped_run_records_its_repetitions() -> None:
    runs = read_training_runs([Path(__file__).parents[3] / "pretrained"])

    (edge,) = [run for run in runs.values() if run.name == "edge"]
    assert len(edge.repetitions) > 2
    assert edge.repetitions[0].seed == edge.seed
