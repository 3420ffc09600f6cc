"""Every file against the manifest: changed, missing, added, listed twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from recordings.documents.package import COPYABLE, MANIFEST, manifest_sha256


def check_manifest(manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """(file, what is wrong with it)"""
    if manifest.get("sha256") != manifest_sha256(manifest):
        yield MANIFEST, "tệp đã bị thay đổi (mã kiểm tra SHA-256 không khớp)"
    documents = manifest.get("documents")
    if not isinstance(documents, list) or not all(isinstance(entry, dict) for entry in documents):
        yield MANIFEST, "không có danh mục tệp"
        return
    listed = [str(entry.get("name")) for entry in documents]
    for entry, name in zip(documents, listed, strict=True):
        if listed.count(name) > 1:
            yield MANIFEST, f"tệp {name} được ghi hai lần"
        if name not in files:
            yield name, "thiếu tệp này"
        elif hashlib.sha256(files[name]).hexdigest() != entry.get("sha256"):
            yield name, "tệp đã bị thay đổi (mã kiểm tra SHA-256 không khớp)"
        elif len(files[name]) != entry.get("size_bytes"):
            yield MANIFEST, f"dung lượng của {name} ghi sai"
    for name in files:
        if name not in listed and name not in (MANIFEST, COPYABLE):
            yield name, "tệp lạ, không có trong danh mục"
