"""Addresses as people type them."""

from __future__ import annotations

import pytest

from edge.sinks.addresses import BrokerAddress, PageAddress


@pytest.mark.parametrize(
    ("text", "host", "port", "is_loopback"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080, True),
        ("8081", "127.0.0.1", 8081, True),
        (":8081", "127.0.0.1", 8081, True),
        ("localhost", "localhost", 8080, True),
        ("127.9.9.9:1", "127.9.9.9", 1, True),
        ("[::1]:80", "::1", 80, True),
        ("0.0.0.0:0", "0.0.0.0", 0, False),
        ("[::]", "::", 8080, False),
        ("192.168.0.7", "192.168.0.7", 8080, False),
        ("pi.local:9", "pi.local", 9, False),
        ("localhost.evil.example", "localhost.evil.example", 8080, False),
    ],
)
def test_a_page_address_has_defaults_for_host_and_port(text: str, host: str, port: int, is_loopback: bool) -> None:
    address = PageAddress.parse(text)
    assert (address.host, address.port, address.is_loopback) == (host, port, is_loopback)


@pytest.mark.parametrize("text", ["", "a:99999", "::1", "x y", "a:b", "http://a:1", "a/b", "u@a:1", "a?b", "[::1"])
def test_other_text_is_no_page_address(text: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        PageAddress.parse(text)


def test_the_url_of_a_page_address_has_brackets_around_ipv6() -> None:
    assert PageAddress("::1", 80).url == "http://[::1]:80/"
    assert PageAddress().url == "http://127.0.0.1:8080/"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("mqtt://broker/shop/door", BrokerAddress("broker", 1883, "shop/door", False)),
        ("mqtts://broker/door/", BrokerAddress("broker", 8883, "door", True)),
        ("mqtt://[::1]:7/a", BrokerAddress("::1", 7, "a", False)),
    ],
)
def test_where_a_broker_is(text: str, address: BrokerAddress) -> None:
    assert BrokerAddress.parse(text) == address


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mqtt://broker", "a topic such as"),
        ("mqtt://broker/a/+/b", "a topic such as"),
        ("mqtt://broker/a/#", "a topic such as"),
        ("mqtt://broker/$SYS", "a topic such as"),
        ("mqtt://broker:x/a", "a port from 1 to 65535"),
        ("http://broker/a", "got 'http://broker/a'"),
        ("broker/a", "got 'broker/a'"),
        ("mqtt:///a", "got 'mqtt:///a'"),
    ],
)
def test_what_is_no_broker(text: str, words: str) -> None:
    with pytest.raises(ValueError, match="expected mqtt://HOST") as caught:
        BrokerAddress.parse(text)
    assert words in str(caught.value)


def test_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="into the environment") as caught:
        BrokerAddress.parse("mqtt://user:hunter2@broker/a")
    assert "hunter2" not in str(caught.value)
