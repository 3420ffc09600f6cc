"""The papers in the dossier against their list, and against what the minutes say was shown: which, titled how, with
which SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from recordings.documents.dossier import PAPER_LIST, PAPERS
from recordings.strict_json import BadJson, read_json

_TEXTS = ("paper_id", "name", "title", "sha256")


def check_papers(files: Mapping[str, bytes], facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(file, what is wrong with it)"""
    try:
        listed = read_json(files.get(PAPER_LIST, b"[]"))
    except BadJson:
        return  # said already of the file itself
    if not isinstance(listed, list) or not all(_is_entry(entry) for entry in listed):
        yield PAPER_LIST, "danh mục tài liệu sai dạng"
        return
    yield from _check_files(listed, files)
    by_id = {entry["paper_id"]: entry for entry in listed}
    if len(by_id) < len(listed):
        yield PAPER_LIST, "một tài liệu được ghi hai lần"
    for number, item in enumerate(facts["items"], 1):
        for shown in item["papers"]:
            yield from _check_shown(shown, by_id.get(shown["paper_id"]), number)


def _is_entry(entry: Any) -> bool:
    return isinstance(entry, dict) and all(isinstance(entry.get(name), str) for name in _TEXTS)


def _check_files(listed: list[dict[str, Any]], files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    names = [entry["name"] for entry in listed]
    for entry in listed:
        content = files.get(entry["name"])
        if content is None or not entry["name"].startswith(PAPERS):
            yield PAPER_LIST, f"tài liệu “{entry['title']}” không có trong hồ sơ"
        elif hashlib.sha256(content).hexdigest() != entry["sha256"]:
            yield entry["name"], f"không phải tài liệu “{entry['title']}” đã ghi trong danh mục tài liệu"
    for name in files:
        if name.startswith(PAPERS) and name != PAPER_LIST and name not in names:
            yield name, "không có trong danh mục tài liệu"


def _check_shown(shown: Mapping[str, Any], entry: Mapping[str, Any] | None, number: int) -> Iterator[tuple[str, str]]:
    title = shown["title"]
    if entry is None:
        yield PAPER_LIST, f"thiếu tài liệu “{title}” đã trình chiếu ở nội dung {number}"
    elif entry["sha256"] != shown["sha256"]:
        yield entry["name"], f"không phải tài liệu “{title}” đã trình chiếu ở nội dung {number} (mã kiểm tra khác)"
    elif entry["title"] != title:
        yield PAPER_LIST, f"tên tài liệu “{entry['title']}” khác biên bản (“{title}”, nội dung {number})"
