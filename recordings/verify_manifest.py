"""Every file against the manifest: changed, missing, added, listed twice; and the manifest against its own form."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from recordings.documents.package import COPYABLE, LENGTHS, MANIFEST, SCHEMA, copyable, manifest_sha256
from recordings.verify_source import MOST_FILES, is_plain_name

_HASH = re.compile(r"[0-9a-f]{64}")
_TEXTS = ("Title", "Subject", "CodeNumber", "CodeNotation", "IssuedDate", "OrganName", "MeetingId")


def check_manifest(manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """(file, what is wrong with it)"""
    if manifest.get("schema") != SCHEMA:
        yield MANIFEST, "phiên bản của hồ sơ không rõ"
    if manifest.get("sha256") != manifest_sha256(manifest):
        yield MANIFEST, "tệp đã bị thay đổi (mã kiểm tra SHA-256 không khớp)"
    yield from _check_metadata(manifest, files)
    documents = manifest.get("documents")
    if not isinstance(documents, list) or len(documents) > MOST_FILES:
        yield MANIFEST, "không có danh mục tệp"
        return
    for number, entry in enumerate(documents, 1):
        if not _is_entry(entry):
            yield MANIFEST, f"mục thứ {number} của danh mục tệp sai dạng"
    entries = [entry for entry in documents if _is_entry(entry)]
    yield from _check_entries(entries, files)
    listed = {entry["name"] for entry in entries}
    for name in files:
        if name not in listed and name not in (MANIFEST, COPYABLE):
            yield name, "tệp lạ, không có trong danh mục"


def metadata_in(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the manifest says of the whole; nothing where that is not an object."""
    found = manifest.get("file")
    return found if isinstance(found, dict) else {}


def _check_metadata(manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    metadata = metadata_in(manifest)
    wrong = [name for name in _TEXTS if not isinstance(metadata.get(name), str)]
    wrong += [name for name, most in LENGTHS.items() if len(str(metadata.get(name, ""))) > most]
    if not _is_day(metadata.get("IssuedDate")) and "IssuedDate" not in wrong:
        wrong.append("IssuedDate")
    for name in wrong:
        yield MANIFEST, f"thông tin hồ sơ thiếu hoặc sai: {name}"
    if not wrong and files.get(COPYABLE) != copyable(metadata).encode():
        yield COPYABLE, "không khớp với manifest.json"


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("name"), str)
        and is_plain_name(entry["name"])
        and isinstance(entry.get("kind"), str)
        and type(entry.get("size_bytes")) is int
        and isinstance(entry.get("sha256"), str)
        and _HASH.fullmatch(entry["sha256"]) is not None
    )


def _check_entries(entries: list[dict[str, Any]], files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    for name, times in Counter(entry["name"] for entry in entries).items():
        if times > 1:
            yield MANIFEST, f"tệp {name} được ghi {times} lần"
    for entry in entries:
        name = entry["name"]
        if name not in files:
            yield name, "thiếu tệp này"
        elif hashlib.sha256(files[name]).hexdigest() != entry["sha256"]:
            yield name, "tệp đã bị thay đổi (mã kiểm tra SHA-256 không khớp)"
        elif len(files[name]) != entry["size_bytes"]:
            yield MANIFEST, f"dung lượng của {name} ghi sai"
