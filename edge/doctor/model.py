"""Check of the model file: its bytes, structure and operators, and a run in a child process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edge.artifact.file import Artifact, read_artifact
from edge.doctor.host_probe import FAILURE, OK, WARNING, Finding, HostProbe
from edge.errors import ModelFileError, ToolkitError
from edge.runtimes import protocol, runtime_for

if TYPE_CHECKING:
    from edge.artifact.trust import TrustPolicy

_ANOTHER = "copy or export the file again, or leave --model out for the built-in one"
_OPERATORS = ("Unsupported model IR version", "opset")  # parts of onnxruntime's messages
_OLDER = "tflite-runtime"  # beside LiteRT it is there for a reason, and reads less


def check_model(
    probe: HostProbe, path: Path, *, policy: TrustPolicy | None = None, has_numpy: bool = True
) -> list[Finding]:
    """Read the file, check it, and run it in a child process; in tflite-runtime too if that is installed.

    Without numpy its structure isn't checked.
    """
    try:
        artifact = read_artifact(path, policy=policy)
        runtime = runtime_for(artifact)
        checked = _checked(artifact, has_numpy=has_numpy)
    except ToolkitError as error:
        what, _, fix = str(error).partition(": ")
        return [Finding("model", FAILURE, what, fix or _ANOTHER)]
    findings = [_tried(probe, artifact, runtime, checked)]
    if artifact.format == "tflite" and runtime != _OLDER and probe.installed(_OLDER):
        older = _tried(probe, artifact, _OLDER, checked)
        if older.status == FAILURE:
            findings.append(Finding("model", WARNING, older.text, older.fix))
    return findings


def _tried(probe: HostProbe, artifact: Artifact, runtime: str, checked: str) -> Finding:
    """Run the file in one runtime."""
    try:
        probe.try_model(artifact, runtime)
    except ModelFileError as error:
        return Finding("model", FAILURE, *_what_and_fix(str(error), runtime))
    classes = f", {len(artifact.spec.labels)} classes" if artifact.spec else ""
    text = f"{artifact.path.name}, {artifact.size_bytes / 1000:.1f} kB{classes}, runs in {runtime}; {checked}"
    if artifact.spec is None:
        # Labels beside it, no pixels, a detector: describe tells, at a cost that a doctor spares.
        fix = f"`edge-classify describe {artifact.path}` says what it needs, and writes that into it with --write"
        return Finding("model", WARNING, f"{text}; no specification in it", fix)
    return Finding("model", OK, text)


def _what_and_fix(sentence: str, runtime: str) -> tuple[str, str]:
    what, mark, fix = sentence.partition(f"{protocol.TOO_OLD}: ")
    if mark:
        return what + protocol.TOO_OLD, fix
    is_newer = any(sign in sentence for sign in _OPERATORS)
    return sentence, f"update {runtime}, or export the file with an older one" if is_newer else _ANOTHER


def _checked(artifact: Artifact, *, has_numpy: bool) -> str:
    """Check digest and structure; return the results in words. A malformed file that isn't trusted is an error."""
    has_digest = artifact.spec is not None and artifact.spec.network_sha256
    parts = ["digest right" if has_digest else "no digest in it"]
    try:
        if has_numpy:
            from edge.verify.gate import check_network

            parts.append(f"{check_network(artifact)} operators")
    except ModelFileError:
        if artifact.trusted_because is None:
            raise
        parts.append("unusual structure")
    if artifact.trusted_because:
        parts.append(f"trusted: {artifact.trusted_because.value}")
    return ", ".join(parts)
