"""`edge-classify doctor`: the command line of the checks."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from edge.artifact.file import DEFAULT_MODEL, default_model, model_path
from edge.cli import console
from edge.cli.trust_flags import add_trust_flags, trust_policy_from
from edge.doctor import system
from edge.doctor.host_probe import FAILURE, STATUSES, WARNING, Finding, HostProbe, worst
from edge.doctor.libraries import check_libraries
from edge.doctor.model import check_model
from edge.doctor.packages import check_packages
from edge.errors import EXIT_DONE, EXIT_ERROR

if TYPE_CHECKING:
    from edge.artifact.trust import TrustPolicy

NAME = "doctor"
"""First argument of `edge-classify` that leads here."""

_EXAMPLES = """examples:
  edge-classify doctor                              can this machine run it?
  edge-classify doctor --camera 0 --model mine.onnx with this camera, and this file?

exit codes: 0 nothing failed (warnings may be there), 1 something failed, 2 wrong call
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog=f"edge-classify {NAME}",
        description="Say whether this machine can run the classifier, and what to do where it can't.",
        epilog=_EXAMPLES,
    )
    flags.add_argument("--model", type=model_path, metavar="FILE",
                       help=f".tflite or .onnx file, or a built-in one (default: {DEFAULT_MODEL})")  # fmt: skip
    add_trust_flags(flags)
    flags.add_argument("--camera", metavar="N", help="as for edge-classify; without it, every camera there is")
    flags.add_argument("--json", action="store_true", help="one JSON object: status, and findings with check, "
                       "status, text and fix")  # fmt: skip
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Examine this machine; print a line for each finding."""
    options = parser().parse_args(argv)
    policy = trust_policy_from(options)
    findings = examine(HostProbe(), options.model or default_model(), options.camera, policy)
    print(as_json(findings) if options.json else as_text(findings))
    return EXIT_ERROR if worst(findings) == FAILURE else EXIT_DONE


def examine(probe: HostProbe, model: Path, camera: str | None, policy: TrustPolicy | None = None) -> list[Finding]:
    """Run every check, in the order in which the parts depend on one another."""
    libraries = check_libraries(probe)
    return [
        system.check_python(probe),
        system.check_architecture(probe),
        *check_packages(),
        *libraries,
        *check_model(probe, model, policy=policy, has_numpy=worst(libraries) != FAILURE),
        *_check_cameras(probe, camera, libraries),
        system.check_disk(probe, Path.cwd()),
        *system.check_memory(probe),
        *system.check_temperature(probe),
        *system.check_throttling(probe),
        *system.check_clock(probe),
    ]


def _check_cameras(probe: HostProbe, camera: str | None, libraries: list[Finding]) -> list[Finding]:
    """Check the cameras, unless numpy or OpenCV, which that needs, fail."""
    if worst(libraries) == FAILURE:
        return [Finding("camera", WARNING, "not looked at", "mend the libraries first")]
    from edge.doctor.cameras import check_cameras

    return check_cameras(probe, camera)


def as_text(findings: Sequence[Finding]) -> str:
    """Format a line for each finding, its fix below it, and a count at the end."""
    width = max(len(finding.check) for finding in findings)
    indent = " " * (max(map(len, STATUSES)) + 2)
    lines = []
    for finding in findings:
        lines.append(f"{finding.status:<{len(indent)}}{finding.check:<{width}}  {finding.text}")
        if finding.fix:
            lines.append(f"{indent}{'':<{width}}  -> {finding.fix}")
    counts = {status: sum(finding.status == status for finding in findings) for status in STATUSES[:0:-1]}
    summary = ", ".join(f"{count} {status}{'s' * (count != 1)}" for status, count in counts.items() if count)
    return "\n".join([*lines, summary or "all is well"])


def as_json(findings: Sequence[Finding]) -> str:
    """Format one JSON object: the worst status, and the findings."""
    return json.dumps(
        {"status": worst(list(findings)), "findings": [asdict(finding) for finding in findings]},
        indent=2,
        ensure_ascii=False,
    )
