"""Addresses as people type them."""

from __future__ import annotations

import pytest

from edge.sinks.addresses import BrokerAddress, PageAddress, parse_base_path, parse_origin


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


@pytest.mark.parametrize(("text", "path"), [("/cam", "/cam"), ("/a/b-1/", "/a/b-1"), ("/", ""), ("/~x.y_z", "/~x.y_z")])
def test_a_base_path_has_a_slash_before_it_and_none_behind(text: str, path: str) -> None:
    assert parse_base_path(text) == path


@pytest.mark.parametrize(
    "text", ["cam", "//evil.example", "/a/../b", "/a b", "/a?b", "/ä", "/%41", "http://a/b", "/a\r\nb"]
)
def test_other_text_is_no_base_path(text: str) -> None:
    with pytest.raises(ValueError, match="/camera"):
        parse_base_path(text)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("http://homeassistant.local:8123", "http://homeassistant.local:8123"),
        ("https://HA.example/", "https://ha.example"),
        ("http://192.168.0.7:8123", "http://192.168.0.7:8123"),
        ("self", "self"),
    ],
)
def test_a_site_is_its_origin(text: str, origin: str) -> None:
    assert parse_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    ["", "*", "ha.local", "http://*", "https://*.example", "http://a/b", "http://a?b", "http://u@a", "http://a;b",
     "http://a b", "http://a, http://b", "ftp://a", "http://[::1]", "http://a:99999", "'self'", "none", "http://a\r\nb"],
)  # fmt: skip
def test_a_pattern_a_path_or_a_list_is_no_site(text: str) -> None:
    with pytest.raises(ValueError, match="self"):
        parse_origin(text)


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


@pytest.mark.parametrize("password", ["hunter2", "hunter2#x", "hunter2/x", "hunter2@x", "hunter2[x", "hunter2?x"])
def test_a_password_is_refused_and_not_repeated(password: str) -> None:
    with pytest.raises(ValueError, match="EDGE_CLASSIFY_MQTT_PASSWORD") as caught:
        BrokerAddress.parse(f"mqtt://user:{password}@broker/a")
    assert "hunter2" not in str(caught.value)
