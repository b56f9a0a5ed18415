"""Small text files in the ZIP that lies behind a flatbuffer, or in a file that is all ZIP."""

from __future__ import annotations

import io

from edge.artifact.formats import MalformedModelError

_MAX_MEMBERS = 64
_MAX_BYTES = 4 * 2**20  # of one, unpacked
_MAX_SUM = 16 * 2**20
_SUFFIXES = (".txt", ".json")
_STORED_OR_DEFLATED = (0, 8)  # ZIP's numbers; others unpack without a bound


def text_members(content: bytes) -> dict[str, bytes]:
    """Unpack the members called .txt or .json, in their order.

    Args:
        content: the whole file, whatever precedes the ZIP; without a ZIP there are no members.

    Raises:
        MalformedModelError: it is damaged, has a name twice, or is too large.
    """
    import zipfile

    buffer = io.BytesIO(content)
    if not zipfile.is_zipfile(buffer):
        return {}
    if content.count(b"PK\x01\x02") > _MAX_MEMBERS:  # before zipfile makes an object of each
        raise MalformedModelError("its ZIP has too many files")
    try:
        with zipfile.ZipFile(buffer) as archive:
            members = [entry for entry in archive.infolist() if entry.filename.lower().endswith(_SUFFIXES)]
            if len({entry.filename for entry in members}) < len(members):
                raise MalformedModelError("its ZIP has two files of one name")
            if any(entry.file_size > _MAX_BYTES for entry in members) or sum(e.file_size for e in members) > _MAX_SUM:
                raise MalformedModelError("a text in its ZIP is too large")
            if any(entry.compress_type not in _STORED_OR_DEFLATED for entry in members):
                raise MalformedModelError("a text in its ZIP is packed in an unusual way")
            return {entry.filename: archive.read(entry) for entry in members}
    except MalformedModelError:
        raise
    except Exception as error:  # damaged bytes make zipfile raise a dozen classes
        raise MalformedModelError(f"its ZIP can't be read ({str(error)[:100] or type(error).__name__})") from error
