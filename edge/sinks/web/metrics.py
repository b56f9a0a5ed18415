"""Prometheus metrics of the run: the only file that imports its client library (extra `web`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from edge import __version__
from edge.artifact.spec import NOTHING_LABEL, STALE_LABEL, UNKNOWN_LABEL
from edge.classify.results import KNOWN_STATE, Prediction
from edge.errors import RuntimeMissingError
from edge.health import ENDED, LIVE, STALE, STARTING
from edge.sinks.delivery import MonitoredSink
from edge.sinks.web.live_state import LiveState
from edge.system import host

if TYPE_CHECKING:
    from prometheus_client.core import Metric

_STATES = (STARTING, LIVE, STALE, ENDED)
_ANSWERS = (KNOWN_STATE, UNKNOWN_LABEL, NOTHING_LABEL, STALE_LABEL)
# Upper limits in seconds: from a fast computer to a Pi Zero.
_BUCKETS = (0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 1.0)


class Metrics:
    """Counts latencies as they come and reads everything else at each request."""

    def __init__(self, live_state: LiveState, monitored: Sequence[MonitoredSink], *, model_sha256: str,
                 root: Path = host.ROOT) -> None:  # fmt: skip
        """Prepare a registry of its own; the board's state is read from files below `root`.

        Raises:
            RuntimeMissingError: prometheus-client isn't installed.
        """
        try:
            import prometheus_client
            from prometheus_client import core, exposition
        except ImportError as error:
            raise RuntimeMissingError(f"--serve can't work ({error}): pip install 'edge-classify[web]'") from error
        self._core = core
        self._generate = exposition.generate_latest
        self._live_state = live_state
        self._fallible = monitored
        self._model_sha256 = model_sha256
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # gauges of a histogram's start
        self._root = root
        self._registry = prometheus_client.CollectorRegistry()
        self._latency = prometheus_client.Histogram(
            "edge_classify_latency_seconds", "From frame to decision.", buckets=_BUCKETS, registry=self._registry
        )
        self._registry.register(self)
        self.content_type = exposition.CONTENT_TYPE_PLAIN_0_0_4

    def observe(self, prediction: Prediction) -> None:
        """Count a frame's latency."""
        self._latency.observe(prediction.latency_ns["total"] / 1e9)

    def text(self) -> bytes:
        """Return all metrics in the text format that every Prometheus reads."""
        return self._generate(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of the run; the registry calls this."""
        core, health = self._core, self._live_state.health
        for name, count, description in (
            ("frames", health.frames, "Frames classified."),
            ("frames_skipped", health.skipped, "Frames that were unreadable."),
            ("frames_dropped", health.dropped, "Frames that a newer one overtook."),
            ("source_reconnects", health.reconnects, "Times that the source was lost and came back."),
        ):
            yield core.CounterMetricFamily(f"edge_classify_{name}", description, value=count)
        state = core.GaugeMetricFamily("edge_classify_state", "1 for the state of the run.", labels=["state"])
        for name in _STATES:
            state.add_metric([name], float(health.state == name))
        yield state
        yield from self._newest_frame()
        yield from self._model_update()
        yield from self._board()
        lost = core.CounterMetricFamily("edge_classify_sink_dropped", "Answers that a sink lost.", labels=["sink"])
        failing = core.GaugeMetricFamily("edge_classify_sink_failing", "1 while a sink can't write.", labels=["sink"])
        for sink in self._fallible:
            lost.add_metric([sink.failures.name], sink.failures.dropped)
            failing.add_metric([sink.failures.name], float(bool(sink.failures.message)))
        yield lost
        yield failing

    def _newest_frame(self) -> Iterator[Metric]:
        """Yield program, model, the newest frame's age and the decision; its label is empty where it is no class."""
        core, live_state = self._core, self._live_state
        live_frame, age_ms = live_state.newest, live_state.age_ms(live_state.clock())
        yield core.InfoMetricFamily("edge_classify_build", "The program.", value={"version": __version__})
        yield core.InfoMetricFamily("edge_classify_model", "The model file.", value={"sha256": self._model_sha256})
        if age_ms is not None:
            yield core.GaugeMetricFamily("edge_classify_frame_age_seconds", "Since its capture.", value=age_ms / 1e3)
        if live_frame is not None:
            answer = core.GaugeMetricFamily("edge_classify_answer", "1 for the answer.", labels=["state", "label"])
            for name in _ANSWERS:
                if name != live_frame.decision.state:
                    answer.add_metric([name, ""], 0.0)
            label = live_frame.decision.label if live_frame.decision.state == KNOWN_STATE else ""
            answer.add_metric([live_frame.decision.state, label], 1.0)
            yield answer

    def _model_update(self) -> Iterator[Metric]:
        """Yield the trial of a new model, and those of a store's models that failed."""
        core, health = self._core, self._live_state.health
        yield core.GaugeMetricFamily("edge_classify_model_on_trial", "1 for a new model.", value=float(health.on_trial))
        for name, text, failed in (
            ("rollback", "The last rollback", health.rolled_back),
            ("refused", "Newest model that an update refused", health.refused),
        ):
            if failed is None:
                continue
            gauge = core.GaugeMetricFamily(
                f"edge_classify_model_{name}_timestamp_seconds", f"{text}, Unix time.", labels=["sha256"]
            )
            with suppress(ValueError):  # of a state file that somebody edited
                time = datetime.fromisoformat(failed["time"].replace("Z", "+00:00"))  # before Python 3.11 without Z
                gauge.add_metric([failed["sha256"]], time.timestamp())
            yield gauge

    def _board(self) -> Iterator[Metric]:
        """Yield temperature and throttling where the system has files for them."""
        core, temperature_c = self._core, host.temperature_c(self._root)
        if temperature_c is not None:
            yield core.GaugeMetricFamily("edge_classify_temperature_celsius", "Hottest zone.", value=temperature_c)
        bits = host.throttle_bits(self._root, command=None)
        if bits is not None:
            throttled = core.GaugeMetricFamily(
                "edge_classify_throttled", "1 for what slows the board down now.", labels=["condition"]
            )
            for name in host.throttle_words(-1):
                throttled.add_metric([name], float(name in host.throttle_words(bits)))
            yield throttled
