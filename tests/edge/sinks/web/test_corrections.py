"""Corrections on the live page: the frame that was seen, its true class, and who may write."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import cv2
import pytest

pytest.importorskip("uvicorn", reason="the page needs the extra `web`: pip install 'edge-classify[web]'")

from edge.health import LIVE, Health
from edge.sinks.web.corrections import Corrections
from edge.sinks.web.sink import encode_picture
from edge.vision.region import Region

TOKEN = "correct-horse-battery"


@pytest.fixture
def correct(open_page: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Open a page that takes corrections of two classes."""

    def start(**options: Any) -> Any:
        made = Corrections(tmp_path / "c", ("T-shirt/top", "Shirt"), model_sha256="ab" * 32, picture=encode_picture,
                           **{"limit_bytes": 10**6, **options})  # fmt: skip
        return open_page(token=TOKEN, health=Health(state=LIVE), corrections=made)

    return start


def ask(page: Any, path: str, method: str = "POST", *, headers: Any = None, **parameters: Any) -> tuple[int, Any]:
    """Status, and body as JSON or bytes."""
    connection = http.client.HTTPConnection(page.address.host, page.address.port, timeout=30)
    try:
        sent = {"Authorization": f"Bearer {TOKEN}"} if headers is None else headers
        connection.request(method, f"{path}?{urlencode(parameters)}", headers=sent)
        answer = connection.getresponse()
        body = answer.read()
        is_json = (answer.getheader("content-type") or "").startswith("application/json")
        return answer.status, json.loads(body) if is_json else body
    finally:
        connection.close()


def files(tmp_path: Path) -> list[str]:
    return sorted(path.relative_to(tmp_path / "c").as_posix() for path in (tmp_path / "c").rglob("*") if path.is_file())


def test_the_frame_that_was_seen_is_saved_and_not_a_newer_one(
    tmp_path: Path, correct: Any, frame: Any, prediction: Any, decision: Any
) -> None:
    page = correct()
    page.write(frame(7, grey=60), prediction(), decision("Shirt"))
    status, frozen = ask(page, "/corrections/freeze")
    assert (status, frozen["label"], frozen["likely"]) == (200, "Shirt", ["Coat", "Shirt"])
    page.write(frame(8, seconds=1, grey=200), prediction(), decision("Shirt"))
    assert ask(page, "/corrections/picture.jpg", "GET", frame=frozen["frame"])[1].startswith(b"\xff\xd8\xff")
    assert ask(page, "/corrections/save", frame=frozen["frame"], label="T-shirt/top") == (200, {"saved": "T-shirt/top"})
    stem = "T-shirt-top/20260102T120000.000Z-corrected"
    assert files(tmp_path) == [f"{stem}.jpg", f"{stem}.json"]
    image = cv2.imread(str(tmp_path / "c" / f"{stem}.jpg"))
    assert image is not None
    assert abs(int(image[20, 20, 0]) - 60) <= 2  # no outline either
    record = json.loads((tmp_path / "c" / f"{stem}.json").read_text())
    assert (record["frame"], record["label"], record["corrected"]) == (7, "Shirt", "T-shirt/top")
    assert ask(page, "/corrections/save", frame=frozen["frame"], label="Shirt")[0] == 409  # once
    assert ask(page, "/corrections/undo") == (200, {"left": 0})
    assert files(tmp_path) == []
    assert ask(page, "/corrections/undo")[0] == 409


def test_only_a_class_of_the_model_or_unknown_and_a_frame_that_is_kept(
    tmp_path: Path, correct: Any, frame: Any, prediction: Any, decision: Any
) -> None:
    page = correct()
    assert ask(page, "/corrections/freeze")[0] == 409
    page.write(frame(), prediction(), decision())
    number = ask(page, "/corrections/freeze")[1]["frame"]
    for label in ("", "../x", "Bag", "shirt", "T-shirt-top", "nothing"):
        assert ask(page, "/corrections/save", frame=number, label=label)[0] == 400
    for other in (number + 1, "", "x", -1, "9" * 400, "²"):
        assert ask(page, "/corrections/save", frame=other, label="Shirt")[0] == 409
        assert ask(page, "/corrections/picture.jpg", "GET", frame=other)[0] == 404
    assert files(tmp_path) == []
    assert ask(page, "/corrections/save", frame=number, label="unknown")[0] == 200


def test_few_frames_are_kept(correct: Any, frame: Any, prediction: Any, decision: Any) -> None:
    page = correct()
    numbers = []
    for number in range(6):
        page.write(frame(number), prediction(), decision())
        numbers.append(ask(page, "/corrections/freeze")[1]["frame"])
    found = [ask(page, "/corrections/picture.jpg", "GET", frame=number)[0] for number in numbers]
    assert found == [404, 404, 200, 200, 200, 200]


def test_only_the_region_that_the_model_sees_is_saved(
    tmp_path: Path, correct: Any, frame: Any, prediction: Any, decision: Any
) -> None:
    page = correct(region=Region(0.5, 0, 0.5, 1))
    page.write(frame(), prediction(), decision())
    ask(page, "/corrections/save", frame=ask(page, "/corrections/freeze")[1]["frame"], label="Shirt")
    image = cv2.imread(str(tmp_path / "c" / files(tmp_path)[0]))
    assert image is not None
    assert image.shape == (60, 40, 3)


def test_beyond_the_limit_nothing_is_saved_and_the_page_and_the_terminal_say_so(
    *, tmp_path: Path, correct: Any, frame: Any, prediction: Any, decision: Any, caplog: pytest.LogCaptureFixture
) -> None:
    page = correct(limit_bytes=1)
    page.write(frame(), prediction(), decision())
    number = ask(page, "/corrections/freeze")[1]["frame"]
    for _ in range(3):
        status, body = ask(page, "/corrections/save", frame=number, label="Shirt")
        assert status == 507
        assert "limit" in body["error"]
    assert files(tmp_path) == []
    assert len([record for record in caplog.records if "limit" in record.getMessage()]) == 1


@pytest.mark.parametrize("path", ["/corrections/freeze", "/corrections/save", "/corrections/undo"])
def test_writing_needs_the_token_post_and_the_page_s_own_origin(
    *, tmp_path: Path, correct: Any, frame: Any, prediction: Any, decision: Any, path: str
) -> None:
    page = correct()
    page.write(frame(), prediction(), decision())
    parameters = {"frame": ask(page, "/corrections/freeze")[1]["frame"], "label": "Shirt"}
    for headers, status in (
        ({}, 401),
        ({"Authorization": "Bearer wrong-horse-battery"}, 401),
        ({"Authorization": f"Bearer {TOKEN}", "Origin": "http://evil.example"}, 403),
    ):
        assert ask(page, path, headers=headers, **parameters)[0] == status
    for method in ("GET", "HEAD", "PUT"):
        assert ask(page, path, method, **parameters)[0] == 405
    assert files(tmp_path) == []


def test_a_page_without_corrections_has_no_such_routes(
    open_page: Any, frame: Any, prediction: Any, decision: Any
) -> None:
    page = open_page(token=TOKEN)
    page.write(frame(), prediction(), decision())
    assert ask(page, "/corrections/freeze")[0] == 404
    assert ask(page, "/corrections/picture.jpg", "GET", frame=1)[0] == 404
