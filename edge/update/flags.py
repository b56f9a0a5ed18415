"""Flags of `edge-classify update`, and the settings that they give."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from edge.artifact.manifest import is_name, name_of_file
from edge.cli import console
from edge.cli.trust_flags import add_trust_flags, trust_policy_from
from edge.datasets.folder_labels import folder_truth
from edge.errors import ConfigError
from edge.system.urls import redact_url
from edge.update.evaluation_process import Limits

if TYPE_CHECKING:
    from edge.artifact.trust import TrustPolicy
    from edge.datasets.folder_labels import Truths

NAME = "update"
"""First argument of `edge-classify` that leads here."""

_EXAMPLES = """examples:
  edge-classify update new.tflite                          a file
  edge-classify update https://models.example/door.tflite  or from a server
  edge-classify update new.tflite --samples snapshots      evaluated also on images that a person has labelled
  edge-classify update --manifest https://models.example/door.json --require-signature door.pub
                                                           if this device is among the share that the manifest names
  edge-classify update --status                            the current model, and the trial of the last one
  edge-classify update --rollback                          back to the last good one

The new model is tried by the next `edge-classify --store`. It is good when it has classified frames for a minute; if
it can't be loaded, crashes or is killed before (by systemd's watchdog, say), the last good one is current again.
A service has a store of its own: write the model's address into /etc/edge-classify/update, then
systemctl start edge-classify-update.

exit codes: 0 done, nothing to do, or not this device's turn, 1 error (also: the self-test failed; the old model stays),
2 wrong call
"""


@dataclass(frozen=True, slots=True)
class UpdateConfig:
    """Settings of one update."""

    source: str
    """File, URL or built-in model; of a manifest if `device_id` is set."""
    policy: TrustPolicy | None
    """Digest, signature or both that the file must have; None: neither."""
    device_id: str | None
    """Text that no other device has, for its place in a manifest's release; None: the source is a model."""
    manifest_name: str
    """Name that the manifest must have; empty: the source is a model."""
    timeout_s: float
    again: bool
    samples: Path | None
    """Folder with a folder of images for each label; None: drawn garments alone."""
    truths: Truths
    """Labels of folders of the samples that aren't called like one."""
    allow_new_labels: bool
    limits: Limits
    shows_progress: bool


def config_from(options: argparse.Namespace, *, shows_progress: bool) -> UpdateConfig:
    """Make the settings of an update from parsed flags.

    Raises:
        ConfigError: a manifest without a key that it must be signed with, or with a digest; no id for its release, or
            one without a manifest.
    """
    if options.device_id is not None and not options.manifest:
        raise ConfigError("--device-id is for the share of --manifest: leave it out")
    if options.manifest_name is not None and not options.manifest:
        raise ConfigError("--manifest-name is what --manifest is called: leave it out")
    return UpdateConfig(
        source=options.manifest or options.source,
        policy=trust_policy_from(options),
        device_id=_device_id(options) if options.manifest else None,
        manifest_name=_manifest_name(options) if options.manifest else "",
        timeout_s=options.timeout_s,
        again=options.again,
        samples=options.samples,
        truths=dict(options.truths),
        allow_new_labels=options.allow_new_labels,
        limits=Limits(**{field.name: getattr(options, field.name) for field in fields(Limits)}),
        shows_progress=shows_progress,
    )


def _manifest_name(options: argparse.Namespace) -> str:
    name = name_of_file(options.manifest) if options.manifest_name is None else options.manifest_name
    if not is_name(name):
        raise ConfigError(f"{redact_url(options.manifest)} names no file that a manifest could be called after: "
                          "say what it is called with --manifest-name")  # fmt: skip
    return str(name)


def _device_id(options: argparse.Namespace) -> str:
    if not options.require_signature:
        raise ConfigError("--manifest needs --require-signature PUBKEY: the manifest says which model may run here")
    if options.require_sha256:
        raise ConfigError("--require-sha256 is of a model, and --manifest names the model's itself: leave it out")
    if options.device_id is not None:
        return str(options.device_id)
    from edge.update.rollout import machine_id

    return machine_id()


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog=f"edge-classify {NAME}",
        description="Fetch a model file, verify and test it, and switch to it; the last good one is kept.",
        epilog=_EXAMPLES,
    )
    what = flags.add_mutually_exclusive_group(required=True)
    what.add_argument("source", nargs="?", metavar="FILE_OR_URL", help=".tflite or .onnx file with a specification in "
                      "it, its http:// or https:// URL, or a built-in model")  # fmt: skip
    what.add_argument("--manifest", metavar="FILE_OR_URL", help="signed JSON file that names a model and the share of "
                      "devices that install it, made by `python -m export.sign`")  # fmt: skip
    what.add_argument("--rollback", action="store_true", help="make the last good model current again, or behind that "
                      "the built-in one")  # fmt: skip
    what.add_argument("--status", action="store_true", help="report the current model, its trial, and the last "
                      "rollback")  # fmt: skip
    flags.add_argument("--store", type=Path, metavar="DIR",
                       help="folder of the models (default: that of `edge-classify --store`)")  # fmt: skip
    add_trust_flags(flags)
    flags.add_argument("--device-id", type=_text, metavar="TEXT",
                       help="this device's name for --manifest, which no other has (default: the machine's id; copied "
                       "cards share one)")  # fmt: skip
    flags.add_argument("--manifest-name", type=_text, metavar="TEXT",
                       help="name in the manifest of this device's fleet; another one is refused (default: its file's, "
                       "such as door of .../door.json)")  # fmt: skip
    flags.add_argument("--timeout", type=console.positive_float, default=300.0, dest="timeout_s", metavar="S",
                       help="give up fetching after S seconds")  # fmt: skip
    flags.add_argument("--again", action="store_true", help="install a model that was rolled back")
    _add_test_flags(flags)
    flags.add_argument("--json", action="store_true", help="one JSON object: the store's state, and the metrics of "
                       "the self-test")  # fmt: skip
    console.add_logging_flags(flags)
    return flags


def _add_test_flags(flags: argparse.ArgumentParser) -> None:
    """Add the flags of the samples and of `Limits`."""
    test = flags.add_argument_group("the self-test", "It runs in a process of its own, beside the current model.")
    limits = Limits()
    test.add_argument("--samples", type=Path, metavar="DIR", help="evaluate also on the images in DIR, which holds a "
                      "folder of them for each label, such as snapshots that a person has sorted")  # fmt: skip
    test.add_argument("--map", action="append", type=folder_truth, default=[], dest="truths",
                      metavar="FOLDER=LABEL[,LABEL...]",
                      help="labels that are right for a folder of --samples, or unknown; repeatable")  # fmt: skip
    test.add_argument(
        "--allow-new-labels", action="store_true", help="accept labels that differ from the current model's"
    )
    test.add_argument("--min-right", type=_share, default=limits.min_right, metavar="P",
                      help="least accuracy on drawn garments, and on samples if the labels are new, 0-1")  # fmt: skip
    test.add_argument("--min-agreement", type=_share, default=limits.min_agreement, metavar="P",
                      help="least agreement with the current model on drawn garments, 0-1")  # fmt: skip
    test.add_argument("--max-lost", type=_share, default=limits.max_lost, metavar="P",
                      help="most accuracy on the samples that may be lost against the current model, 0-1")  # fmt: skip
    test.add_argument("--max-slower", type=console.positive_float, default=limits.max_slower, metavar="N",
                      help="largest ratio to the current model's time from frame to prediction")  # fmt: skip


def _text(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise argparse.ArgumentTypeError(f"expected a name, got {text!r}")
    return text


def _share(text: str) -> float:
    value = console.non_negative_float(text)
    if value > 1:
        raise argparse.ArgumentTypeError(f"expected a share from 0 to 1, got {text!r}")
    return value
