"""Secrets stay off the terminal, the journal and the page: token, broker's password, camera's password."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the page needs the extra `web`: pip install 'edge-classify[web]'")
pytest.importorskip("paho.mqtt.client", reason="MQTT needs the extra `mqtt`: pip install 'edge-classify[mqtt]'")

from tests.hardening.network_abuse.brokers import HOSTILE, Broker
from tests.hardening.network_abuse.http_client import ask
from tests.hardening.network_abuse.requests import Request, unauthorised_requests

TOKEN, PASSWORD = "correct-horse-battery", "hunter2-staple"


def test_a_run_under_network_abuse_tells_none(spawn: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """At its most talkative, with a page that is attacked and brokers that mean harm."""
    broker = Broker([HOSTILE["you are not who you say"], HOSTILE["a welcome without content"]])
    monkeypatch.setenv("DEBUG", "1")
    monkeypatch.setenv("EDGE_CLASSIFY_TOKEN", TOKEN)
    monkeypatch.setenv("EDGE_CLASSIFY_MQTT_USERNAME", "door")
    monkeypatch.setenv("EDGE_CLASSIFY_MQTT_PASSWORD", PASSWORD)
    child = spawn("-m", "edge.run.main", "-v", "--source", "demo-video", "--max-frames", "100000",
                  "--serve", "127.0.0.1:0", "--mqtt", f"mqtt://127.0.0.1:{broker.port}/shop/door")  # fmt: skip
    try:
        said = ""
        while not (found := re.search(r"live page: http://[\w.]+:(\d+)/", said)):
            line = child.stderr.readline()
            assert line, said
            said += line
        port = int(found[1])
        requests = unauthorised_requests(("/messages",), token=TOKEN, host=f"localhost:{port}", seed=0)[::5]
        right = f"GET /metrics HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
        told = [
            ask(port, request).content.decode(errors="replace") for request in (*requests, Request("metrics", right))
        ]
        assert "200 OK" in told[-1]
    finally:
        child.terminate()
        out, err = child.communicate(timeout=60)
        broker.close()
    everything = "\n".join((said, out, err, *told))
    assert child.returncode == 0
    assert "mqtt: the broker refuses (Not authorized)" in everything
    assert TOKEN not in everything
    assert PASSWORD not in everything
    assert "Traceback" not in everything


@pytest.mark.parametrize("debug", ["", "1"], ids=["", "DEBUG=1"])
def test_a_camera_s_password_is_not_in_its_error(
    edge_classify: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, debug: str
) -> None:
    source = f"rtsp://door:{PASSWORD}@127.0.0.1:9/1"
    if debug:
        monkeypatch.setenv("DEBUG", debug)
        with pytest.raises(Exception, match="127.0.0.1") as caught:
            edge_classify("-v", "--source", source)
        assert PASSWORD not in str(caught.value) + str(caught.value.__cause__)
    else:
        outcome = edge_classify("-v", "--source", source)
        assert (outcome.code, PASSWORD in outcome.out + outcome.err) == (1, False)
