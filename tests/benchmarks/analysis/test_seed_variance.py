from collections.abc import Callable

from benchmarks.analysis.rows import Row
from benchmarks.analysis.seed_variance import find_noise, noise_sentence
from benchmarks.analysis.training_runs import Repetition, TrainingRun


def _seeded(row: Callable[..., Row], seed: int, **values: object) -> Row:
    manifest = {"dataset": "demo", "count": 300, "seed": seed, "sha256": "ee" * 32}
    return row(f"a_int8_{seed}.tflite", **{"calibration": manifest, **values})


def test_files_that_differ_in_the_calibration_seed_are_a_group(row: Callable[..., Row]) -> None:
    rows = [_seeded(row, 2, wrong=3), _seeded(row, 0, wrong=1), _seeded(row, 1), row("b", reason="crashed")]

    (group,) = find_noise(rows, {})

    assert (group["kind"], group["seeds"], group["top1"]) == ("calibration", [0, 1, 2], [0.9, 1.0, 0.7])
    assert group["range_pp"] == 30.0
    assert group["least_agreement"] == 0.7  # seed 1 against seed 2
    assert noise_sentence(group) == (
        "Calibration noise: a_int8_0.tflite (litert), quantized with the calibration seeds 0, 1, 2: 70.00% to 100.00% "
        "right, 30.00 points apart; the answers agree on 70.00% of the images or more."
    )


def test_another_source_runtime_or_count_is_another_group(row: Callable[..., Row]) -> None:
    rows = [
        _seeded(row, 0),
        _seeded(row, 1, source_sha256="99" * 32),
        _seeded(row, 2, runtime="tflite-runtime"),
        _seeded(row, 3, calibration={"dataset": "demo", "count": 100, "seed": 3}),
        _seeded(row, 4, calibration={}),
    ]

    assert find_noise(rows, {}) == []


def test_trainings_of_one_recipe_are_another_kind(row: Callable[..., Row]) -> None:
    names = ("11" * 32, "22" * 32, "33" * 32)
    runs = {
        names[0]: TrainingRun("one", 0, "recipe"),
        names[1]: TrainingRun("two", 1, "recipe"),
        names[2]: TrainingRun("other", 2, "another recipe"),
    }
    rows = [
        row(f"{name[:2]}.tflite", quantization="none", source_sha256=name, wrong=wrong, calibration={})
        for name, wrong in zip(names, (1, 2, 3), strict=True)
    ]

    (group,) = find_noise([*rows, row("11_int8.tflite", source_sha256=names[0])], runs)

    assert (group["kind"], group["seeds"], group["range_pp"]) == ("training", [0, 1], 10.0)
    assert noise_sentence(group) == (
        "Training noise, another thing: 11.tflite (litert), trained with the seeds 0, 1: 80.00% to 90.00% right, "
        "10.00 points apart."
    )


def test_trainings_that_a_run_directory_tells_of_are_a_group_with_what_int8_cost_each(row: Callable[..., Row]) -> None:
    told = (Repetition(0, "demo", 1000, 0.94, 0.942), Repetition(1, "demo", 1000, 0.939, 0.932))
    runs = {"11" * 32: TrainingRun("edge", 0, "recipe", told), "22" * 32: TrainingRun("alone", 0, "another", told[:1])}
    rows = [
        row("edge_none.tflite", quantization="none", source_sha256="11" * 32, calibration={}),
        row("edge_int8.tflite", source_sha256="11" * 32),
        row("alone.tflite", source_sha256="22" * 32),
    ]

    (group,) = find_noise(rows, runs)

    assert (group["kind"], group["seeds"], group["range_pp"]) == ("training", [0, 1], 0.1)
    assert group["rows"] == ["edge_none.tflite @ litert", "edge_int8.tflite @ litert"]
    assert group["int8_loss_pp"] == [-0.2, 0.7]
    assert noise_sentence(group) == (
        "Training noise, another thing: edge, trained with the seeds 0, 1 and exported each time, on 1,000 images of "
        "demo: in Keras 93.90% to 94.00% right, 0.10 points apart; as int8 93.20% to 94.20% right. Int8 cost -0.20, "
        "0.70 points, in this order."
    )
