"""Figures of the attack and their limits; an hour without a broker, simulated in a moment."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the page needs the extra `web`: pip install 'edge-classify[web]'")
pytest.importorskip("paho.mqtt.client", reason="MQTT needs the extra `mqtt`: pip install 'edge-classify[mqtt]'")

from tests.hardening.__main__ import main
from tests.hardening.network_abuse import broker_outage, command
from tests.hardening.network_abuse.attack import Outcome
from tests.hardening.network_abuse.broker_outage import BrokerOutage
from tests.hardening.network_abuse.http_client import Reply
from tests.hardening.network_abuse.requests import Request

KEPT = Outcome(
    paths=("/",), replies=(Reply(Request("no token", b""), 401, b""),), idle=5, idle_left=0, slow=3, slow_left=0,
    lines=2, leaks=0, has_crashed=False, memory_mb=1.5, handles=0, calm_fps=30.0,
    attacked_fps={"requests": 30.0, "idle connections": 29.4}, missed=0, longest_wait_s=0.5, brokers=7, written=0,
)  # fmt: skip
OUTAGE = BrokerOutage(
    answers=10, most_waiting=0, dropped=9, newest="answer 9",
    retained={"shop/door/availability": "online", "shop/door/decision": '{"label": "answer 9"}'},
)  # fmt: skip


@pytest.fixture
def tell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Run the command on what was counted: exit code, and figures by name."""

    def run(outcome: Outcome, outage: BrokerOutage = OUTAGE) -> tuple[int, dict[str, Any]]:
        monkeypatch.setattr(command, "attack", lambda **_: outcome)
        monkeypatch.setattr(command, "simulate_outage", lambda **_: outage)
        code = main(["network_abuse", "--idle", "5", "--out", str(tmp_path / "a.json")])
        report = json.loads((tmp_path / "a.json").read_text())
        assert list(report["details"][0]) == ["calm_fps", "requests_fps", "idle_connections_fps"]
        assert report["details"][1] == {"what": "no token", "status": 401, "times": 1}
        return code, {figure["what"]: figure["value"] for figure in report["figures"]}

    return run


def test_both_pages_are_counted_together(tell: Any) -> None:
    code, figures = tell(KEPT)
    assert code == 0
    assert figures["requests nobody should send"] == 3
    values = {words: [figures[name] for name in figures if words in name] for words in
              ("ask for nothing", "under attack", "after it came back")}  # fmt: skip
    assert values["ask for nothing"] == [15]
    assert values["under attack"] == [pytest.approx(0.98)]
    assert values["after it came back"] == [1]


@pytest.mark.parametrize(
    ("changed", "outage"),
    [
        ({"replies": (Reply(Request("no token", b""), 200, b""),)}, {}),
        ({"replies": (Reply(Request("no token", b""), 500, b""),)}, {}),
        ({"has_crashed": True}, {}),
        ({"leaks": 1}, {}),
        ({"written": 1}, {}),
        ({"idle_left": 1}, {}),
        ({"missed": 1}, {}),
        ({"calm_fps": 40.0}, {}),
        ({}, {"most_waiting": 65}),
        ({}, {"newest": "answer 10"}),
    ],
    ids=["let in", "5xx", "crash", "a secret", "a file", "idle", "a viewer missed", "slow", "piled up",
         "not the newest"],
)  # fmt: skip
def test_a_promise_that_is_not_held_is_exit_code_3(tell: Any, changed: Any, outage: Any) -> None:
    if "replies" in changed:
        changed = {"replies": (*KEPT.replies, *changed["replies"])}
    assert tell(replace(KEPT, **changed), replace(OUTAGE, **outage))[0] == 3


def test_without_a_broker_nothing_piles_up_and_all_but_the_newest_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_outage, "HOUR_S", 60)
    outage = broker_outage.simulate_outage(mosquitto=None)
    assert (outage.answers, outage.most_waiting, outage.dropped, outage.newest) == (600, 0, 599, "answer 599")
    assert not outage.has_newest


@pytest.mark.e2e
@pytest.mark.skipif(broker_outage.find_mosquitto() is None, reason="no broker here: apt install mosquitto")
def test_the_newest_is_kept_by_a_broker_that_came_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_outage, "HOUR_S", 60)
    outage = broker_outage.simulate_outage(mosquitto=broker_outage.find_mosquitto())
    assert outage.has_newest
    assert json.loads(outage.retained["shop/door/decision"])["label"] == "answer 599"
