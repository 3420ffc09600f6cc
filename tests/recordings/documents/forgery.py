"""A forger who mends what he can: the manifest after every change he makes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from recordings.documents.package import MANIFEST, manifest_sha256
from recordings.verify import Report


def rehashed(files: Mapping[str, bytes], changed: Mapping[str, bytes | None]) -> dict[str, bytes]:
    """These files with some changed, added or (None) taken away, and a manifest that says so."""
    after = {**files, **changed}
    whole = {name: content for name, content in after.items() if content is not None}
    manifest = json.loads(files[MANIFEST])
    kinds = {entry["name"]: entry["kind"] for entry in manifest["documents"]}
    named = (set(kinds) | set(changed)) & set(whole)
    manifest["documents"] = [
        {
            "name": name, "kind": kinds.get(name, "other"), "sha256": hashlib.sha256(whole[name]).hexdigest(),
            "size_bytes": len(whole[name]),
        }
        for name in sorted(named)
    ]  # fmt: skip
    manifest["sha256"] = manifest_sha256(manifest)
    return {**whole, MANIFEST: json.dumps(manifest).encode()}


def named(report: Report, file: str) -> list[str]:
    """What the report says of this file."""
    return [defect.message for defect in report.defects if defect.file == file]
