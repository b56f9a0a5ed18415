"""Answers to demands for a login: the examples of RFC 2617, RFC 7616 and RFC 7617, and what cameras make of them."""

from __future__ import annotations

import re

import pytest

from edge.system.http_login import Login, answer, basic

MUFASA = Login("Mufasa", "Circle Of Life")
OLD = (
    'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
    'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)
NEW = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


def response(header: str | None) -> str:
    """The proof in a header."""
    assert header is not None
    match = re.search(r'response="(\w+)"', header)
    assert match is not None
    return match[1]


def test_digest_as_rfc_2617_has_it() -> None:
    header = answer([OLD], MUFASA, method="GET", uri="/dir/index.html", nonce="0a4f113b")
    assert response(header) == "6629fae49393a05397450978507c4ef1"
    assert header is not None
    assert 'opaque="5ccc069c403ebaf9f0171e9517f40e41"' in header
    assert header.endswith('qop=auth, nc=00000001, cnonce="0a4f113b"')


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digest_as_rfc_7616_has_it(algorithm: str, expected: str) -> None:
    login = Login("Mufasa", "Circle of Life")
    header = answer([NEW.format(algorithm)], login, method="GET", uri="/dir/index.html", nonce=CNONCE)
    assert response(header) == expected
    assert f"algorithm={algorithm}" in str(header)


def test_the_better_algorithm_is_taken_and_digest_before_basic() -> None:
    offered = [f'Basic realm="a", {NEW.format("MD5")}', NEW.format("SHA-256")]
    header = answer(offered, Login("Mufasa", "Circle of Life"), method="GET", uri="/dir/index.html", nonce=CNONCE)
    assert response(header).startswith("753927fa")


def test_rtsp_cameras_ask_without_qop() -> None:
    """RFC 2069: MD5 of MD5(ada:cam:pw), n and MD5(DESCRIBE:rtsp://cam/1), by md5sum."""
    header = answer(['Digest realm="cam", nonce="n"'], Login("ada", "pw"), method="DESCRIBE", uri="rtsp://cam/1")
    assert response(header) == "5459c762e00c5c4ae13a2f0560132600"
    assert "qop" not in str(header)


def test_basic_is_user_and_password_in_base64() -> None:
    assert basic(Login("Aladdin", "open sesame")) == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    assert basic(Login("test", "123\u00a3")) == "Basic dGVzdDoxMjPCow=="
    assert answer(["Basic realm=x"], Login("a", "b"), method="GET", uri="/") == "Basic YTpi"


@pytest.mark.parametrize("challenge", ["", "Bearer realm=x", "Negotiate", 'Digest realm="x", nonce="n", algorithm=Q',
                                       'Digest realm="x", nonce="n", qop="auth-int"'])  # fmt: skip
def test_what_can_not_be_answered_is_left_unanswered(challenge: str) -> None:
    assert answer([challenge], Login("a", "b"), method="GET", uri="/") is None
