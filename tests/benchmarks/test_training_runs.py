import json
from pathlib import Path

from benchmarks.training_runs import read_training_runs


def _run(folder: Path, source: str, *, seed: int = 0, epochs: int = 3) -> None:
    folder.mkdir(parents=True)
    config = {"seed": seed, "name": folder.name, "runs": "runs", "epochs": epochs}
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
