"""URLs: which texts are some, and that nothing secret of one is shown."""

from __future__ import annotations

import pytest

from edge.system.urls import append_to_path, is_url, redact_url, redact_words, require_plain_login, secrets_in


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
        ("https://me:secret@host/a@b", "https://***@b"),  # as it may be a password
        ("rtsp://user:p@ss/w0rd@camera/s", "rtsp://***@camera/s"),
        ("http://user:se#cret@camera/snapshot.jpg", "http://***@camera/snapshot.jpg"),
        ("http://user:se?cret@camera/snapshot.jpg", "http://***@camera/snapshot.jpg"),
        ("rtsp:/user:secret@camera/s", "rtsp:/***@camera/s"),
        ("rtsp:///user:secret@camera/s", "rtsp:///***@camera/s"),
        ("user:secret@camera/s", "***@camera/s"),
        ("http://ada:two words@cam/1", "http://***@cam/1"),
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


def test_a_sentence_shows_no_login() -> None:
    assert redact_words("can't open 'rtsp://ada:se@c/ret@cam/1' (user:secret@cam), a@b.c") == (
        "can't open 'rtsp://***@cam/1' (***@cam), a@b.c"
    )


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("rtsp://user:p@ss/w0rd@camera/s", {"p@ss/w0rd"}),
        ("rtsp:/user:secret@camera/s", {"secret"}),
        ("user:secret@camera", {"secret"}),
        ("http://TOKEN@camera/", {"TOKEN"}),
        ("http://cam/video?token=a1b2c3&size=2", {"a1b2c3"}),
        ("http://cam/video", set()),
        ("shirts/a@b.jpg", set()),
    ],
)
def test_secrets_are_found_as_they_were_typed(text: str, secrets: set[str]) -> None:
    assert secrets_in(text) == secrets


@pytest.mark.parametrize(
    "url",
    ["rtsp://user:p@ss/w0rd@camera/s", "http://user:se#cret@camera/s", "http://user:se/cret@camera/s",
     "http://user:se?cret@camera/s", "http://user:a b@camera/s", "http://cam:port/s", "rtsp://user:w0[rd@camera/s",
     "rtsp://user:w0rd]@camera/s", "rtsp://us]er:w0rd@camera/s", "https://user:100%w0rd@camera/s"],
)  # fmt: skip
def test_a_password_with_an_end_in_it_is_refused_without_a_word_of_it(url: str) -> None:
    with pytest.raises(ValueError, match="%40|number") as caught:
        require_plain_login(url)
    assert not {"w0rd", "cret", "b"} & set(str(caught.value).split())


@pytest.mark.parametrize(
    "url",
    ["rtsp://[::1/s", "rtsp://[w0rd]/s", "rtsp://ada:w0rd@cam:99999/s", "http://ada:w0rd\uff20cam/s", "rtsp://[/s"],
)
def test_a_malformed_host_is_refused_without_a_word_of_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"HOST|number") as caught:
        require_plain_login(url)
    assert "w0rd" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["rtsp://user:p%40ss%2Fw0rd@camera/s", "http://cam:8080/x?mail=a@b.c", "http://cam/a@b.jpg", "http://[::1]:80/a",
     "rtsp://u:p:w@[fe80::1]:554/a", "http://user@cam/a", "http://cam", "udp://@:1234", "http://u:p@w@c/s",
     "rtsp://cam/a[1]", "http://u:p@cam/?x=[a]%"],
)  # fmt: skip
def test_other_addresses_are_left_alone(url: str) -> None:
    require_plain_login(url)
