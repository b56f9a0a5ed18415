"""Turns what a user asked for into sinks that never stop the loop; what is not asked for is not loaded."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from edge.sinks.delivery.failure_log import Fallible

if TYPE_CHECKING:
    from edge.classify.classifier import Classifier
    from edge.health import Health
    from edge.sinks.protocol import Sink

_FRAMES_KEPT = 8  # waiting for a video or a picture to be written: of 1080p, 50 MB
_ROWS_KEPT = 1000
_PATIENCE_S = 5.0  # a file waits for its reader, but not for ever: the disk may be gone


def open_sinks(options: argparse.Namespace, classifier: Classifier, health: Health) -> list[Sink]:
    """Open everything but standard output; what can't be written at all is said now, before a camera is opened.

    Args:
        options: what the flags of `edge.run.flags` and `edge.run.sink_flags` came to.
        classifier: the model that will speak.
        health: of the run that will come.

    Raises:
        ToolkitError: a sink can't be opened.
        OSError: a file or folder can't be written.
    """
    sinks: list[Sink] = []
    if options.picture:
        from edge.sinks.images.contact_sheet import PictureSink

        sinks.append(PictureSink(options.picture))
    if options.explain:
        from edge.sinks.images.explain import ExplainSink

        sinks.append(ExplainSink(options.explain, rule=classifier.spec.decision))
    fallible: list[Fallible] = []
    sinks += _file_sinks(options, classifier, fallible)
    if options.display:
        from edge.sinks.delivery.guarded import GuardedSink
        from edge.sinks.images.window import WindowSink

        window = GuardedSink(WindowSink(), name="display")
        sinks.append(window)
        fallible.append(window)
    sinks += _network_sinks(options, classifier, health, fallible)
    return sinks


def _file_sinks(options: argparse.Namespace, classifier: Classifier, fallible: list[Fallible]) -> Iterator[Sink]:
    """Files that grow; each behind a queue, which is added to `fallible`."""
    rule, sha256 = classifier.spec.decision, classifier.artifact.sha256
    if options.csv:
        from edge.sinks.text.csv import CsvSink

        yield _queued(CsvSink(options.csv, model_sha256=sha256), "csv", options, fallible, size=_ROWS_KEPT)
    if options.video:
        from edge.sinks.images.video import VideoSink

        yield _queued(VideoSink(options.video), "video", options, fallible, size=_FRAMES_KEPT, has_pixels=True)
    if options.snapshots:
        from edge.sinks.delivery.uncertain_filter import UncertainFrames
        from edge.sinks.images.snapshots import SnapshotSink

        snapshots = SnapshotSink(options.snapshots, limit_bytes=options.snapshots_limit, rule=rule,
                                 model_sha256=sha256, region=options.roi)  # fmt: skip
        queue = _queued(snapshots, "snapshots", options, fallible, size=_FRAMES_KEPT, has_pixels=True)
        yield UncertainFrames(queue, rule=rule, every_s=options.snapshots_every)


def _queued(
    sink: Sink, name: str, options: argparse.Namespace, fallible: list[Fallible], *, size: int, has_pixels: bool = False
) -> Sink:
    """Put a sink behind a queue: of a camera or stream it drops what is too much, of files it keeps everything."""
    from edge.sinks.delivery.queued import QueuedSink

    is_live = options.camera is not None or "://" in options.source or options.source == "-"
    waits = {} if is_live else {"patience_s": _PATIENCE_S, "drain_s": _PATIENCE_S}
    queue = QueuedSink(sink, name=name, size=size, has_pixels=has_pixels, **waits)
    fallible.append(queue)
    return queue


def _network_sinks(
    options: argparse.Namespace, classifier: Classifier, health: Health, fallible: list[Fallible]
) -> Iterator[Sink]:
    """Broker and page, which tell how the other sinks are."""
    if options.mqtt:
        from edge.sinks.mqtt.sink import MqttSink

        broker = MqttSink(options.mqtt, health=health, model_sha256=classifier.artifact.sha256,
                          every_s=options.mqtt_every, discovery_prefix=options.mqtt_discovery,
                          fallible=list(fallible))  # fmt: skip
        fallible.append(broker)
        yield broker
    if options.serve:
        from edge.sinks.web.messages import Identity
        from edge.sinks.web.sink import PageSink
        from edge.sinks.web.token import read_token

        token = read_token(options.serve, options.serve_token_file)
        yield PageSink(options.serve, token=token, health=health, identity=Identity.of(classifier),
                       stall_s=classifier.spec.decision.stale_after_s, fallible=fallible)  # fmt: skip
