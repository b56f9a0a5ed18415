"""Reads one file out of the ZIP that lies behind a flatbuffer, without trusting it."""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

# Records of a ZIP, as its specification (APPNOTE.TXT) has them; `x` are bytes that nothing here depends on.
_ZIP_END = struct.Struct("<4s8x2L2x")  # signature, bytes and offset of the directory
_ZIP_MEMBER = struct.Struct("<4s2xBx2H4x3L3H8xL")  # signature, version, flags, method, CRC-32, sizes, lengths, offset
_ZIP_HEADER = struct.Struct("<4s2xH18x2H")  # signature, flags, lengths of name and extra field
_ZIP_COMMENT_BYTES = 2**16 - 1
_ZIP64_END_BYTES = 20
_NEWEST_VERSION = 63  # of the specification
_MAX_MEMBERS = 64  # ours has two
_STORED, _DEFLATED = 0, 8  # others unpack without a bound
_ENCRYPTED_OR_PATCHED, _UTF8_NAME = 0x61, 0x800  # flags


class _Member(NamedTuple):
    """Entry of a ZIP's directory."""

    name: str
    flags: int
    method: int
    crc: int
    packed_bytes: int
    size_bytes: int
    start: int
    """Place of its header in the file."""


def split_zip(content: bytes, name: str, *, limit_bytes: int) -> tuple[bytes, bytes | None]:
    """Split a file into what precedes its ZIP and one file in the ZIP; None without one.

    Python's zipfile reads the same members, but its import would be a noticeable part of every start.

    Raises:
        ValueError: the ZIP is malformed, has the file twice, or the file is larger than the limit.
        struct.error: a record is cut short.
        zlib.error: the file is damaged.
    """
    end = _zip_end(content)
    if end is None:
        return content, None
    members = _zip_members(content, end)
    before = content[: max(0, min((member.start for member in members), default=len(content)))]
    found = [member for member in members if member.name == name]
    if len(found) > 1:
        raise ValueError(f"there are {len(found)} of them")
    if not found:
        return before, None
    following = (member.start for member in members if member.start > found[0].start)
    return before, _unpacked(content, found[0], min(following, default=end), limit_bytes)


def _zip_end(content: bytes) -> int | None:
    """Return the place of the record that ends a ZIP, which only a comment may follow; None: there is no ZIP."""
    last = len(content) - _ZIP_END.size
    if content.startswith(b"PK\5\6", max(0, last)) and content.endswith(b"\0\0"):
        return last
    end = content.rfind(b"PK\5\6", max(0, last - _ZIP_COMMENT_BYTES - 1))
    return end if 0 <= end <= last else None


def _zip_members(content: bytes, end: int) -> list[_Member]:
    """Read the directory, whose offsets count from the ZIP's start, wherever that lies in the file."""
    _, size, offset = _ZIP_END.unpack_from(content, end)
    if size > end or content.startswith(b"PK\6\7", max(0, end - _ZIP64_END_BYTES)):
        raise ValueError("the ZIP is larger than the file")
    directory = content[end - size : end]
    members: list[_Member] = []
    place = 0
    while place < size:
        if len(members) == _MAX_MEMBERS:
            raise ValueError("the ZIP has too many files")
        magic, version, *facts, name_bytes, extra_bytes, comment_bytes, start = _ZIP_MEMBER.unpack_from(
            directory, place
        )
        name_start = place + _ZIP_MEMBER.size
        extra_start = name_start + name_bytes
        place = extra_start + extra_bytes + comment_bytes
        extra = directory[extra_start : extra_start + extra_bytes]
        if magic != b"PK\1\2" or version > _NEWEST_VERSION or start > end or not _has_whole_fields(extra):
            raise ValueError("the ZIP's directory is malformed")
        flags, method, crc, packed_bytes, size_bytes = facts
        name = _name(directory[name_start:extra_start], flags)
        members.append(_Member(name, flags, method, crc, packed_bytes, size_bytes, start + end - size - offset))
    return members


def _name(name: bytes, flags: int) -> str:
    """Decode a member's name; those that aren't ASCII are only compared."""
    return name.decode("utf-8" if flags & _UTF8_NAME else "latin-1")


def _has_whole_fields(extra: bytes) -> bool:
    """Return whether no extra field claims more bytes than there are."""
    while len(extra) >= 4:
        length = 4 + int.from_bytes(extra[2:4], "little")
        if length > len(extra):
            return False
        extra = extra[length:]
    return True


def _unpacked(content: bytes, member: _Member, limit: int, limit_bytes: int) -> bytes:
    """Return a member's bytes; packed ones end before the limit, where another member or the directory begins."""
    if member.size_bytes > limit_bytes:
        raise ValueError(f"it claims {member.size_bytes:,} bytes")
    if member.method not in (_STORED, _DEFLATED) or member.flags & _ENCRYPTED_OR_PATCHED:
        raise ValueError("it is packed in an unusual way")
    magic, flags, name_bytes, extra_bytes = _ZIP_HEADER.unpack_from(content, max(0, member.start))
    name_start = member.start + _ZIP_HEADER.size
    start = name_start + name_bytes + extra_bytes
    if magic != b"PK\3\4" or _name(content[name_start : name_start + name_bytes], flags) != member.name:
        raise ValueError("its header isn't that of the ZIP's directory")
    if start + member.packed_bytes > limit:
        raise ValueError("it overlaps what follows")
    unpacked = content[start : start + member.packed_bytes]
    if member.method == _DEFLATED:
        unpacked = zlib.decompressobj(-zlib.MAX_WBITS).decompress(unpacked, member.size_bytes + 1)
    if zlib.crc32(unpacked[: member.size_bytes]) != member.crc:
        raise ValueError("its CRC-32 is wrong")
    return unpacked[: member.size_bytes]
