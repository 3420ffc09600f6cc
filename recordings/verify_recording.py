"""The recording against the hash that stands in the minutes and in the log; the file is read in a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from recordings.documents.dossier import FACTS, RECORDING, RECORDING_FILE
from recordings.errors import NotFound
from recordings.strict_json import BadJson, read_json
from recordings.verify_log import sealed_in
from recordings.verify_source import MP4, hash_of, open_plain

BESIDE = "ghi-hinh"  # where a recording lies when somebody puts it into the dossier


def recordings_at(path: Path) -> dict[str, str]:
    """SHA-256 of the recording given: a file, or the recordings in a folder."""
    if not path.exists():
        raise NotFound(f"Không có tệp hoặc thư mục {path}.")
    if not path.is_dir():
        return {path.name: _hash(path)}
    places = (path, path / BESIDE)
    files = {file for place in places for file in place.glob(f"*{MP4}") if file.is_file()}
    if not files:
        raise NotFound(f"Không có tệp ghi hình {MP4} trong {path}.")
    return {file.relative_to(path).as_posix(): _hash(file) for file in sorted(files)}


def _hash(path: Path) -> str:
    if not path.is_file():
        raise NotFound(f"{path} không phải tệp ghi hình.")
    with open_plain(path.resolve()) as file:
        return hash_of(file)


def expected_in(logs: Mapping[str, bytes], facts: Mapping[str, Any] | None) -> str | None:
    """What the minutes say the recording is; sealed after they were drawn up, what the log says."""
    recording = facts.get("recording") if facts else None
    named = recording.get("sha256") if isinstance(recording, dict) else None
    if isinstance(named, str):
        return named
    return next(reversed(sealed_in(logs)), None)


def check_recordings(found: Mapping[str, str], expected: str | None) -> Iterator[tuple[str, str]]:
    """(file, what is wrong with it)"""
    for name, sha256 in found.items():
        if expected is None:
            yield name, "biên bản không ghi mã kiểm tra của bản ghi hình nào"
        elif sha256 != expected:
            yield name, f"không phải bản ghi hình của cuộc họp này (SHA-256 {sha256}, biên bản ghi {expected})"


def note_on(found: Mapping[str, str], expected: str | None) -> str:
    """What to know of the recording when nothing is wrong with it."""
    if expected is None:
        return ""
    if not found:
        return f"Bản ghi hình ({RECORDING_FILE}) không kèm theo, chưa kiểm tra: dùng --recording TỆP."
    matching = ", ".join(name for name, sha256 in found.items() if sha256 == expected)
    return f"Bản ghi hình khớp mã kiểm tra trong biên bản: {matching}." if matching else ""


def check_reference(files: Mapping[str, bytes], facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The reference in the dossier repeats the locked facts."""
    if RECORDING not in files:
        return
    try:
        reference = read_json(files[RECORDING])
    except BadJson as error:
        yield RECORDING, f"tệp đã bị thay đổi, không đọc được: {error.message}"
        return
    if not isinstance(reference, dict) or reference != {"file": RECORDING_FILE, "recording": facts.get("recording")}:
        yield RECORDING, f"khác mã kiểm tra bản ghi hình trong biên bản ({FACTS})"
