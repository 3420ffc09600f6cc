"""A package: named files with their SHA-256 in a manifest; as a folder and as a ZIP that is the same bytes each time.

Metadata bear the names of NĐ 30/2020, Appendix VI (FileCode, Title, CodeNumber, IssuedDate …), with their lengths.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import rfc8785

MANIFEST = "manifest.json"
COPYABLE = "thong-tin-van-ban.txt"
RECALLED = "DA-THU-HOI.txt"
SCHEMA = 2
LENGTHS = {
    "OrganId": 13, "FileCatalog": 4, "FileNotation": 20, "Title": 500, "Maintenance": 30, "Rights": 30, "Creator": 30,
    "Language": 50, "Description": 500, "TypeName": 100, "CodeNumber": 11, "CodeNotation": 30, "OrganName": 200,
    "Subject": 500, "Position": 100, "FullName": 50,
}  # fmt: skip
"""Longest allowed values, characters."""


@dataclass(frozen=True, slots=True)
class Package:
    """Files by path, and what is said of them as a whole."""

    metadata: Mapping[str, Any]
    files: Mapping[str, bytes]
    kinds: Mapping[str, str] = field(default_factory=dict)  # path → "minutes", "paper", "log" …

    @property
    def manifest(self) -> dict[str, Any]:
        manifest: dict[str, Any] = {
            "schema": SCHEMA,
            "file": dict(self.metadata),
            "documents": [
                {
                    "name": name,
                    "kind": self.kinds.get(name, "other"),
                    "sha256": hashlib.sha256(content).hexdigest(),
                    "size_bytes": len(content),
                }
                for name, content in sorted(self.files.items())
            ],
        }
        return manifest | {"sha256": manifest_sha256(manifest)}

    @property
    def name(self) -> str:
        """A folder name a person recognises."""
        meta = self.metadata
        code = f"{meta['CodeNumber']}-{meta['CodeNotation']}" if meta.get("CodeNumber") else "ho-so"
        return safe_name(f"{meta['IssuedDate']} {code} {meta['Title']}")[:100].strip()


def manifest_sha256(manifest: Mapping[str, Any]) -> str:
    """Of everything in the manifest but this very value, in canonical form (RFC 8785)."""
    return hashlib.sha256(rfc8785.dumps({k: v for k, v in manifest.items() if k != "sha256"})).hexdigest()


def all_files(package: Package) -> dict[str, bytes]:
    """Every file with the manifest and the copyable lines, in order."""
    manifest = json.dumps(package.manifest, ensure_ascii=False, indent=1, sort_keys=True).encode()
    return {MANIFEST: manifest, COPYABLE: copyable(package.metadata).encode(), **dict(sorted(package.files.items()))}


def copyable(metadata: Mapping[str, Any]) -> str:
    """Three lines to paste into the document system's form."""
    number = f"{metadata['CodeNumber']}/{metadata['CodeNotation']}" if metadata.get("CodeNumber") else ""
    year, month, day = str(metadata["IssuedDate"]).split("-")
    return f"Số ký hiệu: {number}\nTrích yếu: {metadata['Subject']}\nNgày: {day}/{month}/{year}\n"


def to_zip(package: Package) -> bytes:
    """The same package gives the same bytes."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in all_files(package).items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, content)
    return output.getvalue()


def from_files(files: Mapping[str, bytes]) -> Package:
    """A package as it was read back; nothing is checked here (``recordings.verify`` does)."""
    manifest = json.loads(files[MANIFEST])
    kinds = {entry["name"]: entry["kind"] for entry in manifest["documents"]}
    return Package(
        manifest["file"],
        {name: body for name, body in files.items() if name not in (MANIFEST, COPYABLE, RECALLED)},
        kinds,
    )


def from_zip(content: bytes) -> Package:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return from_files({name: archive.read(name) for name in archive.namelist()})


def read_folder(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its path inside."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def safe_name(text: str) -> str:
    """A file name that every system takes, accents kept."""
    kept = "".join(c if c.isalnum() or c in " -_.," else "-" for c in text)
    return " ".join(kept.split()).strip(". -") or "tep"


def unique_name(name: str, taken: Mapping[str, bytes]) -> str:
    path, number, found = PurePosixPath(name), 2, name
    while found in taken:
        found = str(path.with_name(f"{path.stem} ({number}){path.suffix}"))
        number += 1
    return found
