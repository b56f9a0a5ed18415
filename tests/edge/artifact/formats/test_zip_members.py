"""Texts in a ZIP behind other bytes are unpacked as zipfile does, within bounds."""

from __future__ import annotations

import io
import zipfile

import pytest

from edge.artifact.formats import MalformedModelError
from edge.artifact.formats.zip_members import text_members


def packed(members: dict[str, bytes], *, front: bytes = b"front" * 9, method: int = zipfile.ZIP_STORED) -> bytes:
    """Append a ZIP to other bytes."""
    buffer = io.BytesIO(front)
    with zipfile.ZipFile(buffer, "a", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


TEXTS = {"labels.txt": b"cat\ndog\n", "a/Meta.JSON": b"{}"}


@pytest.mark.parametrize("front", [b"", b"TFL3" * 99], ids=["all ZIP", "behind a model"])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["stored", "deflated"])
def test_texts_are_unpacked_and_the_rest_is_left(front: bytes, method: int) -> None:
    assert text_members(packed({**TEXTS, "weights.bin": b"1"}, front=front, method=method)) == TEXTS


def test_a_file_without_a_zip_has_no_members() -> None:
    assert text_members(b"TFL3" * 99) == {}


@pytest.mark.parametrize(
    "content",
    [
        packed({"a.txt": bytes(5 * 2**20)}, method=zipfile.ZIP_DEFLATED),
        packed({f"{number}.txt": bytes(4 * 2**20) for number in range(5)}, method=zipfile.ZIP_DEFLATED),
        packed({f"{number}.txt": b"" for number in range(65)}),
        packed({"a.txt": b"a" * 99}, method=zipfile.ZIP_BZIP2),
        packed(TEXTS).replace(b"cat\ndog", b"cow\ndog"),
        packed({"a.txt": b"1", "b.txt": b"2"}).replace(b"b.txt", b"a.txt"),
    ],
    ids=["one large", "many large", "too many", "packed otherwise", "changed", "one name twice"],
)
def test_what_is_too_large_or_damaged_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedModelError):
        text_members(content)


def test_whatever_byte_is_changed_there_is_no_other_error() -> None:
    whole = packed(TEXTS)
    for place in range(45, len(whole)):
        for value in (0, 0xFF):
            try:
                found = text_members(whole[:place] + bytes([value]) + whole[place + 1 :])
            except MalformedModelError:
                continue
            assert all(content in (b"cat\ndog\n", b"{}") for content in found.values())
