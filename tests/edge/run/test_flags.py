"""The flags of the sinks: what they come to, and what is a wrong call."""

from __future__ import annotations

from typing import Any

import pytest

from edge.run.flags import parser
from edge.sinks.addresses import BrokerAddress, PageAddress


def test_without_flags_there_is_no_sink() -> None:
    options = parser().parse_args([])
    assert not any([options.csv, options.video, options.display, options.snapshots, options.serve, options.mqtt])
    assert (options.snapshots_limit, options.snapshots_every, options.mqtt_every) == (200_000_000, 10.0, 30.0)


@pytest.mark.parametrize(
    ("arguments", "name", "value"),
    [
        (["--serve"], "serve", PageAddress()),
        (["--serve", "[::1]:9"], "serve", PageAddress("::1", 9)),
        (["--mqtt", "mqtts://broker/a"], "mqtt", BrokerAddress("broker", 8883, "a", True)),
        (["--mqtt-discovery"], "mqtt_discovery", "homeassistant"),
        (["--mqtt-discovery", "ha"], "mqtt_discovery", "ha"),
        (["--snapshots-limit", "1.5GiB"], "snapshots_limit", 1_610_612_736),
        (["--snapshots-limit", "300 kB"], "snapshots_limit", 300_000),
        (["--snapshots-limit", "5000"], "snapshots_limit", 5000),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_flags_become_addresses_and_sizes(arguments: list[str], name: str, value: Any) -> None:
    assert getattr(parser().parse_args(arguments), name) == value


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--serve", "a:b"], "expected HOST:PORT such as"),
        (["--mqtt", "broker"], "expected mqtt://HOST"),
        (["--snapshots-limit", "much"], "expected a size such as 200MB, got 'much'"),
        (["--snapshots-limit", "0"], "expected a size such as 200MB, got '0'"),
        (["--snapshots-limit", "3XB"], "expected a size such as 200MB"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_wrong_address_or_size_is_refused(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        parser().parse_args(arguments)
    assert end.value.code == 2
    assert words in capsys.readouterr().err
