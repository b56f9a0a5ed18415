import json
from pathlib import Path

from benchmarks.analysis.training_runs import Repetition, read_training_runs


def _run(folder: Path, source: str, *, seed: int = 0, epochs: int = 3, initial: str | None = None) -> None:
    folder.mkdir(parents=True)
    config = {"seed": seed, "name": folder.name, "runs": "runs", "epochs": epochs, "initial": initial}
    (folder / "model_spec.json").write_text(json.dumps({"provenance": {"source_sha256": source}}), encoding="utf-8")
    (folder / "metrics.json").write_text(json.dumps({"config": config, "preset": {"name": "edge"}}), encoding="utf-8")


def test_runs_that_differ_in_name_and_seed_have_one_recipe(tmp_path: Path) -> None:
    _run(tmp_path / "a", "11")
    _run(tmp_path / "b", "22", seed=5)
    _run(tmp_path / "c", "33", epochs=9)

    found = read_training_runs([tmp_path, tmp_path / "not there"])

    assert {source: (run.name, run.seed) for source, run in found.items()} == {
        "11": ("a", 0), "22": ("b", 5), "33": ("c", 0),
    }  # fmt: skip
    assert found["11"].recipe == found["22"].recipe != found["33"].recipe


def test_an_unfinished_run_is_left_out(tmp_path: Path) -> None:
    _run(tmp_path / "a", "11")
    (tmp_path / "a" / "metrics.json").write_text("{", encoding="utf-8")

    assert read_training_runs([tmp_path]) == {}


def test_in_place_of_the_run_that_a_run_begins_with_counts_what_that_one_was_asked_for(tmp_path: Path) -> None:
    _run(tmp_path / "first", "11")
    _run(tmp_path / "first-seed1", "22", seed=1)
    _run(tmp_path / "other", "33", epochs=9)
    for source, begin, seed in (("44", "first", 0), ("55", "first-seed1", 1), ("66", "other", 0)):
        _run(tmp_path / f"after {begin}", source, seed=seed, initial=f"runs/{begin}")

    found = read_training_runs([tmp_path])

    assert found["44"].recipe == found["55"].recipe != found["66"].recipe


def test_a_run_on_one_of_its_own_name_has_an_end(tmp_path: Path) -> None:
    _run(tmp_path / "edge", "11", initial="pretrained/edge")

    assert read_training_runs([tmp_path])["11"].name == "edge"


def test_what_a_run_directory_tells_of_its_like(tmp_path: Path) -> None:
    _run(tmp_path / "a", "11")
    _run(tmp_path / "b", "22")
    told = [{"seed": seed, "dataset": "demo", "images": 10, "top1": 0.9, "int8_top1": 0.8} for seed in (2, 0)]
    (tmp_path / "a" / "repetitions.json").write_text(json.dumps(told), encoding="utf-8")
    (tmp_path / "b" / "repetitions.json").write_text('[{"seed": 1}]', encoding="utf-8")

    found = read_training_runs([tmp_path])

    assert found["11"].repetitions == tuple(Repetition(seed, "demo", 10, 0.9, 0.8) for seed in (0, 2))
    assert found["22"].repetitions == ()


def test_what_ships_tells_of_its_like() -> None:
    runs = read_training_runs([Path(__file__).parents[3] / "pretrained"])

    (edge,) = [run for run in runs.values() if run.name == "edge"]
    assert len(edge.repetitions) > 2
    assert edge.repetitions[0].seed == edge.seed
