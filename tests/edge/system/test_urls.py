"""URLs: which texts are some, and that nothing secret of one is shown."""

from __future__ import annotations

import pytest

from edge.system.urls import append_to_path, is_url, redact_url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://host/a", True),
        ("rtsp://host", True),
        ("h264+tcp://host", True),
        ("FILE:///a", True),
        ("a/b.png", False),
        ("C:\\a", False),
        ("://a", False),
        ("2://a", False),
        ("", False),
    ],
)
def test_a_url_begins_with_a_scheme(text: str, expected: bool) -> None:
    assert is_url(text) is expected


@pytest.mark.parametrize(
    ("url", "redacted"),
    [
        ("rtsp://ada:secret@cam/1", "rtsp://***@cam/1"),
        ("rtsp://ada:se@cret@cam:554/1", "rtsp://***@cam:554/1"),
        ("http://ada@cam/a.jpg", "http://***@cam/a.jpg"),
        ("http://:secret@cam", "http://***@cam"),
        ("https://me:secret@host/a@b", "https://***@host/a@b"),
        ("http://cam/video?user=ada&password=secret&size=2", "http://cam/video?user=***&password=***&size=2"),
        ("rtsp://ada:x@cam/1?PWD=secret;channel=1", "rtsp://***@cam/1?PWD=***;channel=1"),
        ("http://cam/video?token=secret#a", "http://cam/video?token=***#a"),
        ("https://host:8443/a.tflite?X-Signature=secret#x", "https://host:8443/a.tflite?X-Signature=***#x"),
        ("https://host?token=secret/x", "https://host?token=***"),
        ("https://host/a?t=a1b2c3&sv=2026-01-02", "https://host/a?t=***&sv=***"),
        ("https://host/a?averyverylongsecret", "https://host/a?***"),
        ("https://host/a?key=a=b&api_key=1&apikey=x", "https://host/a?key=***&api_key=***&apikey=***"),
        ("https://host/a?access_token=hunter&pw=ox&Sig=x", "https://host/a?access_token=***&pw=***&Sig=***"),
    ],
)
def test_logins_and_possible_keys_are_replaced(url: str, redacted: str) -> None:
    assert redact_url(url) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "http://cam/a@b.jpg",
        "http://cam:8080/a.jpg?x=1",
        "http://cam/video?compass=2&monkey=3",
        "http://cam/?action=stream&resolution=640x480&still=a.jpg",
        "rtsp://cam/realmonitor?channel=1&subtype=0",
        "folder/a@b.mp4",
        "models/a?token=b.tflite",
    ],
)
def test_short_words_numbers_and_file_names_stay(text: str) -> None:
    assert redact_url(text) == text


@pytest.mark.parametrize(
    ("source", "signature"),
    [
        ("a/new.tflite", "a/new.tflite.minisig"),
        ("https://host/new.tflite?key=x", "https://host/new.tflite.minisig?key=x"),
    ],
)
def test_a_suffix_goes_before_the_query(source: str, signature: str) -> None:
    assert append_to_path(source, ".minisig") == signature
