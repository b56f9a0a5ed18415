"""Opening the sinks that a `SinkConfig` names, each wrapped so that its failures never stop the loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from edge.errors import ConfigError
from edge.sinks.addresses import PageMount

if TYPE_CHECKING:
    from pathlib import Path

    from edge.classify.classifier import Classifier
    from edge.health import Health
    from edge.sinks.addresses import BrokerAddress, PageAddress
    from edge.sinks.delivery import MonitoredSink
    from edge.sinks.protocol import Sink
    from edge.sinks.web.corrections import Corrections
    from edge.vision.region import Region

_QUEUED_FRAMES = 8  # 50 MB at 1080p
_QUEUED_ROWS = 1000
_FILE_WAIT_S = 5.0  # a source of files waits this long for a slow sink; the disk may be gone


class SinkConfig(NamedTuple):
    """Settings of all sinks but standard output; each field is the flag of its name, see `edge.run.flags`."""

    picture: Path | None
    explain: Path | None
    csv: Path | None
    video: Path | None
    display: bool
    snapshots: Path | None
    snapshots_limit: int
    """Bytes of all snapshots together."""
    snapshots_every: float
    roi: Region | None
    mqtt: BrokerAddress | None
    mqtt_every: float
    mqtt_discovery: str | None
    """Prefix of Home Assistant's discovery topics; None: no discovery."""
    serve: PageAddress | None
    serve_token_file: Path | None
    serve_mount: PageMount
    corrections: Path | None
    corrections_limit: int
    """Bytes of all corrected and collected images in that folder together."""


def open_sinks(config: SinkConfig, classifier: Classifier, health: Health, *, is_live: bool) -> list[Sink]:
    """Open everything but standard output; each kind of sink is imported only if it is configured.

    A live source can't wait: its queues drop their oldest item where those of files wait.

    Raises:
        ConfigError: something of the page is asked for, and no page.
        ToolkitError: a sink can't be opened.
        OSError: a file or folder can't be written.
    """
    if config.corrections and not config.serve:
        raise ConfigError("--corrections are made on the live page: give --serve too")
    if config.serve_mount != PageMount() and not config.serve:
        raise ConfigError("--serve-base-path and --serve-embed-from are of the live page: give --serve too")
    sinks: list[Sink] = []
    if config.picture:
        from edge.sinks.images.stills import PictureSink

        sinks.append(PictureSink(config.picture))
    if config.explain:
        from edge.sinks.images.stills import ExplainSink

        sinks.append(ExplainSink(config.explain, rule=classifier.spec.decision))
    monitored: list[MonitoredSink] = []
    sinks += _file_sinks(config, classifier, monitored, is_live=is_live)
    if config.display:
        from edge.sinks.delivery import GuardedSink
        from edge.sinks.images.window import WindowSink

        window = GuardedSink(WindowSink(), name="display")
        sinks.append(window)
        monitored.append(window)
    sinks += _network_sinks(config, classifier, health, monitored)
    return sinks


def _file_sinks(
    config: SinkConfig, classifier: Classifier, monitored: list[MonitoredSink], *, is_live: bool
) -> Iterator[Sink]:
    """Yield the files that grow, each behind a queue, which is added to `monitored`."""
    rule, sha256 = classifier.spec.decision, classifier.artifact.sha256
    waits = {} if is_live else {"wait_s": _FILE_WAIT_S, "drain_s": _FILE_WAIT_S}

    def queued(sink: Sink, name: str, *, size: int, has_pixels: bool) -> Sink:
        from edge.sinks.delivery import QueuedSink

        queue = QueuedSink(sink, name=name, size=size, has_pixels=has_pixels, **waits)
        monitored.append(queue)
        return queue

    if config.csv:
        from edge.sinks.text.csv import CsvSink

        yield queued(CsvSink(config.csv, model_sha256=sha256), "csv", size=_QUEUED_ROWS, has_pixels=False)
    if config.video:
        from edge.sinks.images.video import VideoSink

        yield queued(VideoSink(config.video), "video", size=_QUEUED_FRAMES, has_pixels=True)
    if config.snapshots:
        from edge.sinks.images.snapshots import SnapshotSink, UncertaintyFilter

        snapshots = SnapshotSink(config.snapshots, limit_bytes=config.snapshots_limit, rule=rule,
                                 model_sha256=sha256, region=config.roi)  # fmt: skip
        queue = queued(snapshots, "snapshots", size=_QUEUED_FRAMES, has_pixels=True)
        yield UncertaintyFilter(queue, rule=rule, every_s=config.snapshots_every)


def _network_sinks(
    config: SinkConfig, classifier: Classifier, health: Health, monitored: list[MonitoredSink]
) -> Iterator[Sink]:
    """Yield broker and page, which report the failures of the other sinks."""
    if config.mqtt:
        from edge.sinks.mqtt.sink import MqttSink

        broker = MqttSink(config.mqtt, health=health, model_sha256=classifier.artifact.sha256,
                          every_s=config.mqtt_every, labels=classifier.spec.labels,
                          discovery_prefix=config.mqtt_discovery,
                          monitored=list(monitored))  # fmt: skip
        monitored.append(broker)
        yield broker
    if config.serve:
        from edge.sinks.web.access import read_token
        from edge.sinks.web.live_state import Identity
        from edge.sinks.web.sink import PageSink

        token = read_token(config.serve, config.serve_token_file, writes=config.corrections is not None)
        corrections = _corrections(config, classifier) if config.corrections else None
        if corrections:
            monitored.append(corrections)
        yield PageSink(config.serve, token=token, health=health, identity=Identity.of(classifier),
                       stall_s=classifier.spec.decision.stale_after_s, monitored=monitored,
                       corrections=corrections, mount=config.serve_mount)  # fmt: skip


def _corrections(config: SinkConfig, classifier: Classifier) -> Corrections:
    from edge.sinks.web.corrections import Corrections
    from edge.sinks.web.sink import encode_picture

    assert config.corrections is not None  # as the caller saw
    return Corrections(config.corrections, classifier.spec.labels, limit_bytes=config.corrections_limit,
                       model_sha256=classifier.artifact.sha256, region=config.roi, picture=encode_picture)  # fmt: skip
