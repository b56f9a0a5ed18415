"""Twenty runners and staged updates of their model: `make fleet-test`, with the counts that it must give."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("paho.mqtt.client", reason="MQTT needs the extra `mqtt`: pip install 'edge-classify[mqtt]'")
pytest.importorskip("cryptography", reason="signing needs its extra: pip install 'edge-classify[signing]'")

from tests.edge.sinks.mqtt.mosquitto import MOSQUITTO
from tests.lab.fleet import SHARES, Fleet, chosen_names, device_place, trial


def test_the_devices_are_chosen_so_that_each_share_is_met_exactly() -> None:
    good, bad = "a" * 64, "b" * 64
    names = chosen_names(good, bad)
    assert [sum(device_place(name, good) < share for name in names) for share in SHARES] == [2, 10, 20]
    first = [{name for name in names if device_place(name, digest) < SHARES[0]} for digest in (good, bad)]
    assert [len(each) for each in first] == [2, 2]
    assert not first[0] & first[1]


@pytest.mark.e2e
@pytest.mark.skipif(MOSQUITTO is None, reason="no broker here: apt install mosquitto")
def test_a_good_model_reaches_all_by_shares_and_a_bad_one_stops_at_its_first(tmp_path: Path) -> None:
    with Fleet(tmp_path) as fleet:
        steps = list(trial(fleet))
    counts = [(one["model"], one["share_percent"], one["running"], one["rolled_back"], one["refused"]) for one in steps]
    assert counts == [
        ("built-in", 0, 20, 0, 0),
        ("good", 10, 2, 0, 0),
        ("good", 50, 10, 0, 0),
        ("good", 100, 20, 0, 0),
        ("bad", 10, 2, 0, 0),
        ("bad, after it hung", 10, 0, 2, 2),
    ]
    assert [one["unexpected"] for one in steps] == [[]] * len(steps)
