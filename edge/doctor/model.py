"""The model file: readable, for a runtime that is here, its operators known to every one; tried on a black image."""

from __future__ import annotations

from pathlib import Path

from edge.artifact import Artifact, read_artifact
from edge.doctor.finding import FAILURE, OK, WARNING, Finding
from edge.doctor.patient import Patient
from edge.errors import ModelFileError, ToolkitError
from edge.runtimes import runtime_for, too_new

_ANOTHER = "copy or export the file again, or leave --model out for the built-in one"
_OPERATORS = ("Unsupported model IR version", "opset")  # of what onnxruntime says
_OLDER = "tflite-runtime"  # beside LiteRT it is there for a reason, and reads less


def check_model(patient: Patient, path: Path) -> list[Finding]:
    """Read the file and run it once in a child process; in tflite-runtime too where that is installed."""
    try:
        artifact = read_artifact(path)
        runtime = runtime_for(artifact)
    except ToolkitError as error:
        what, _, fix = str(error).partition(": ")
        return [Finding("model", FAILURE, what, fix or _ANOTHER)]
    found = [_tried(patient, artifact, runtime)]
    if artifact.format == "tflite" and runtime != _OLDER and patient.installed(_OLDER):
        older = _tried(patient, artifact, _OLDER)
        if older.status == FAILURE:
            found.append(Finding("model", WARNING, older.text, older.fix))
    return found


def _tried(patient: Patient, artifact: Artifact, runtime: str) -> Finding:
    """Run the file in one runtime."""
    try:
        patient.try_model(artifact, runtime)
    except ModelFileError as error:
        return Finding("model", FAILURE, *_what_and_fix(str(error), runtime))
    text = _described(artifact, runtime)
    if artifact.format == "tflite" and artifact.spec is None:
        return Finding("model", WARNING, f"{text}; no specification in it", "give its class names with --labels FILE")
    return Finding("model", OK, text)


def _what_and_fix(sentence: str, runtime: str) -> tuple[str, str]:
    what, mark, fix = sentence.partition(f"{too_new.MARK}: ")
    if mark:
        return what + too_new.MARK, fix
    is_newer = any(sign in sentence for sign in _OPERATORS)
    return sentence, f"update {runtime}, or export the file with an older one" if is_newer else _ANOTHER


def _described(artifact: Artifact, runtime: str) -> str:
    parts = [artifact.path.name, f"{artifact.size_bytes / 1000:.1f} kB"]
    if artifact.spec:
        parts.append(f"{len(artifact.spec.labels)} classes")
    return f"{', '.join(parts)}, runs in {runtime}"
