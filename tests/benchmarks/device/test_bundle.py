import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from benchmarks.device.bundle import code_files, main, pack, requirements
from benchmarks.measure.inputs import EvaluationImages
from benchmarks.measure.variants import list_variants
from edge.demo import draw_dataset

FIXTURES = Path(__file__).parents[2] / "fixtures"
MODELS = [FIXTURES / "tiny_none.tflite", FIXTURES / "tiny_int8.tflite"]


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    images, labels = draw_dataset(20)
    data = pack(
        list_variants(MODELS), EvaluationImages(images, labels, dataset="demo", statement="drawn (20 images)"), seed=3
    )
    (tmp_path / "kit.zip").write_bytes(data)
    return tmp_path / "kit.zip"


def test_a_kit_holds_models_images_code_and_what_to_install(kit: Path) -> None:
    with zipfile.ZipFile(kit) as archive:
        names = archive.namelist()
        images = np.load(io.BytesIO(archive.read("images.npy")))
        facts = json.loads(archive.read("kit.json"))
        wanted = archive.read("requirements.txt").decode()

    assert {
        "__main__.py",
        "edge/artifact/spec.py",
        "benchmarks/measure/worker.py",
        "benchmarks/measure/pipeline.py",
    } <= set(names)
    assert sorted(name for name in names if name.startswith("artifacts/")) == [
        "artifacts/tiny_int8.tflite", "artifacts/tiny_none.tflite",
    ]  # fmt: skip
    assert (images.shape, facts["count"], facts["seed"]) == ((20, 28, 28), 20, 3)
    assert "ai-edge-litert" in wanted
    assert "onnxruntime" not in wanted


def test_requirements_keep_the_ranges_of_this_project() -> None:
    lines = requirements({"tflite", "onnx"}).splitlines()

    assert [line.replace(">", "<").partition("<")[0] for line in lines if not line.startswith("#")] == [
        "numpy", "onnxruntime", "ai-edge-litert", "opencv-python-headless",
    ]  # fmt: skip
    assert "numpy<2" not in lines  # the range of the tflite-runtime extra, for an environment of its own


def test_packed_code_imports_without_libraries_that_a_device_lacks() -> None:
    program = """
import sys
for name in ("cv2", "scipy", "matplotlib", "jinja2", "statsmodels", "tensorflow", "keras", "onnx"):
    sys.modules[name] = None
import benchmarks.device.run, benchmarks.measure.worker
"""
    subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[3], check=True, timeout=60)
    measuring = [name for name in code_files() if name.startswith("benchmarks/")]
    assert not {name for name in measuring if "report" in name or "chart" in name}


@pytest.mark.e2e
def test_a_kit_runs_from_its_file_alone_and_gives_one_json(kit: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    flags = ["--repeats", "2", "--runs", "5", "--frames", "2", "--runtime", "litert", "--out", "mine.json", "-q"]

    done = subprocess.run(  # noqa: PLW1510  # the assertion shows what it said
        [sys.executable, "kit.zip", *flags],
        cwd=kit.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].endswith(" mine.json")
    result = json.loads((kit.parent / "mine.json").read_text(encoding="utf-8"))
    assert [len(found["trials"]) for found in result["variants"]] == [2, 2]
    first = result["variants"][0]["trials"][0]
    assert (first["outcome"]["status"], len(first["outcome"]["measurement"]["predictions"])) == ("ok", 20)
    assert "temperature_c" in first["before"]
    assert result["test_images"]["labels"] == draw_dataset(20)[1].tolist()
    assert result["environment"]["command"].startswith("python kit.zip --repeats 2")


def test_the_command_writes_the_file_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "no-keras-here"))

    assert main(["--out", str(tmp_path / "k.zip"), str(MODELS[0]), "--max-images", "10", "-q"]) == 0

    assert "1 model file, 10 images" in capsys.readouterr().out
    assert zipfile.is_zipfile(tmp_path / "k.zip")
