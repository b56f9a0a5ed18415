"""The metrics, read back by Prometheus' own parser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("prometheus_client", reason="metrics need the extra `web`: pip install 'edge-classify[web]'")

from prometheus_client.parser import text_string_to_metric_families

from edge import __version__
from edge.health import STARTING, Health
from edge.sinks.web.live_state import LiveState
from edge.sinks.web.metrics import Metrics


def samples(metrics: Metrics) -> dict[str, float]:
    """Name with labels -> value."""
    found = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def test_before_the_first_frame_there_is_no_answer_and_no_age() -> None:
    found = samples(Metrics(LiveState(Health()), [], model_sha256="ab"))
    assert found["edge_classify_frames_total{}"] == 0
    assert found[f"edge_classify_state{{state={STARTING}}}"] == 1
    assert not any(name.startswith(("edge_classify_answer", "edge_classify_frame_age")) for name in found)


def test_the_metrics_hold_health_decision_sinks_and_latencies(
    monitored: Any, frame: Any, prediction: Any, decision: Any
) -> None:
    health = Health(state="live", frames=9, skipped=1, dropped=2, reconnects=3, captured_s=99.5)
    live_state = LiveState(health, clock=lambda: 100.0)
    metrics = Metrics(live_state, monitored, model_sha256="ab")
    for _ in range(2):
        live_state.write(frame(), prediction(), decision())
        metrics.observe(prediction())  # 2.6 ms
    found = samples(metrics)
    expected = {
        "frames_total{}": 9, "frames_skipped_total{}": 1, "frames_dropped_total{}": 2, "source_reconnects_total{}": 3,
        "state{state=live}": 1, "state{state=stale}": 0, "frame_age_seconds{}": 0.5, "model_info{sha256=ab}": 1,
        f"build_info{{version={__version__}}}": 1,
        "answer{label=Coat,state=known}": 1, "answer{label=,state=stale}": 0,
        "sink_dropped_total{sink=mqtt}": 3, "sink_failing{sink=mqtt}": 1, "sink_failing{sink=csv}": 0,
        "latency_seconds_count{}": 2, "latency_seconds_sum{}": pytest.approx(0.0052),
        "latency_seconds_bucket{le=0.002}": 0, "latency_seconds_bucket{le=0.003}": 2,
    }  # fmt: skip
    assert {name: found[f"edge_classify_{name}"] for name in expected} == expected
    assert not any("_created" in name for name in found)


def short_samples(metrics: Metrics) -> dict[str, float]:
    """Name without the project's prefix, with labels -> value."""
    return {name.removeprefix("edge_classify_"): value for name, value in samples(metrics).items()}


@pytest.mark.parametrize(("field", "word"), [("rolled_back", "rollback"), ("refused", "refused")])
def test_the_metrics_hold_trial_rollback_and_refusal_of_a_model(field: str, word: str) -> None:
    health = Health(on_trial=True)
    metrics = Metrics(LiveState(health), [], model_sha256="ab")
    found = short_samples(metrics)
    assert found["model_on_trial{}"] == 1
    assert not any("timestamp" in name for name in found)
    name = f"model_{word}_timestamp_seconds{{sha256=cd}}"
    setattr(health, field, {"sha256": "cd", "reason": "why", "time": "1970-01-02T00:00:00Z"})
    assert short_samples(metrics)[name] == 86400
    setattr(health, field, {"sha256": "cd", "reason": "why", "time": "noon"})
    assert name not in short_samples(metrics)


def test_a_raspberry_pi_says_what_slows_it_down_and_other_machines_nothing(tmp_path: Path) -> None:
    metrics = Metrics(LiveState(Health()), [], model_sha256="ab", root=tmp_path)
    assert not any("thrott" in name or "temperature" in name for name in samples(metrics))
    firmware = tmp_path / "sys/devices/platform/soc/soc:firmware/get_throttled"
    zone = tmp_path / "sys/class/thermal/thermal_zone0/temp"
    for path, text in ((firmware, "50005\n"), (zone, "81250\n")):  # under-voltage and throttled, now and before
        path.parent.mkdir(parents=True)
        path.write_text(text)
    found = short_samples(metrics)
    conditions = {"under-voltage": 1, "clock capped": 0, "throttled": 1, "soft temperature limit": 0}
    expected = {f"throttled{{condition={name}}}": value for name, value in conditions.items()}
    assert {name: value for name, value in found.items() if "thrott" in name} == expected
    assert found["temperature_celsius{}"] == 81.25
