"""Dossiers that somebody forged, manifest included: each forgery is named, by file and by what is wrong."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, TextStringObject

from recordings.documents.dossier import (
    ATTENDANCE_CSV,
    ATTENDANCE_JSON,
    FACTS,
    PAPER_LIST,
    PAPERS,
    RECORDING,
    SIGNED_PDF,
)
from recordings.documents.package import COPYABLE, MANIFEST, manifest_sha256
from recordings.minutes.form import facts_sha256
from recordings.verify import verify_async, verify_files
from tests.recordings.documents.filed import filed_folder
from tests.recordings.documents.forgery import named, rehashed
from tests.recordings.documents.pdfs import one_page_pdf
from tests.recordings.world import World


async def findings(files: dict[str, bytes], changed: dict[str, bytes | None], about: str) -> str:
    report = await verify_files(rehashed(files, changed), "hồ sơ")
    return "; ".join(named(report, about))


def log_in(files: dict[str, bytes]) -> str:
    return next(name for name in files if name.startswith("dien-bien/"))


async def test_papers_are_those_that_the_minutes_say_were_shown(dossier: dict[str, bytes]) -> None:
    files = dossier
    paper = next(name for name in files if name.startswith(PAPERS) and name != PAPER_LIST)
    other = one_page_pdf(width=400)
    [entry] = json.loads(files[PAPER_LIST])

    def listing(**changed: str) -> bytes:
        return json.dumps([{**entry, **changed}]).encode()

    assert "không phải tài liệu “Báo cáo tháng 10” đã ghi" in await findings(files, {paper: other}, paper)
    sha256 = hashlib.sha256(other).hexdigest()
    swapped: dict[str, bytes | None] = {paper: other, PAPER_LIST: listing(sha256=sha256)}
    assert "đã trình chiếu ở nội dung 1 (mã kiểm tra khác)" in await findings(files, swapped, paper)
    renamed: dict[str, bytes | None] = {PAPER_LIST: listing(title="Báo cáo tháng 9")}
    assert "“Báo cáo tháng 9” khác biên bản (“Báo cáo tháng 10”" in await findings(files, renamed, PAPER_LIST)
    gone: dict[str, bytes | None] = {paper: None, PAPER_LIST: b"[]"}
    assert "thiếu tài liệu “Báo cáo tháng 10” đã trình chiếu" in await findings(files, gone, PAPER_LIST)
    moved: dict[str, bytes | None] = {paper: None, "tai-lieu/99 khac.pdf": files[paper]}
    assert "không có trong hồ sơ" in await findings(files, moved, PAPER_LIST)
    assert "không có trong danh mục" in await findings(files, {"tai-lieu/them.pdf": other}, "tai-lieu/them.pdf")
    assert await findings(files, {PAPER_LIST: b'{"a": 1}'}, PAPER_LIST) == "danh mục tài liệu sai dạng"
    twice: dict[str, bytes | None] = {PAPER_LIST: json.dumps([entry, entry]).encode()}
    assert "ghi hai lần" in await findings(files, twice, PAPER_LIST)


async def test_copies_of_the_locked_facts_say_the_same(dossier: dict[str, bytes]) -> None:
    files = dossier
    for name, old, new in (
        (ATTENDANCE_CSV, "Vàng A Sính".encode(), "Vàng A Sinh".encode()),
        (ATTENDANCE_JSON, "Vàng A Sính".encode(), "Vàng A Sinh".encode()),
        (RECORDING, b"ab" * 32, b"cd" * 32),
    ):
        assert "trong biên bản" in await findings(files, {name: files[name].replace(old, new, 1)}, name)


async def test_facts_forged_together_with_a_keyword_added_after_signing_are_named(dossier: dict[str, bytes]) -> None:
    """An incremental update may change the information dictionary: it is read as it was before anybody signed."""
    files = dossier
    facts = json.loads(files[FACTS])
    facts["secretary"]["name"] = "Người Khác"
    writer = PdfWriter(fileobj=io.BytesIO(files[SIGNED_PDF]), incremental=True)
    words = str(PdfReader(io.BytesIO(files[SIGNED_PDF])).metadata["/Keywords"])  # type: ignore[index]
    forged = words.replace(facts_sha256(json.loads(files[FACTS])), facts_sha256(facts))
    assert forged != words
    writer.metadata = {"/Keywords": forged}
    writer._info.get_object()[NameObject("/Keywords")] = TextStringObject(forged)  # type: ignore[union-attr, index]
    output = io.BytesIO()
    writer.write(output)
    assert forged in str(PdfReader(io.BytesIO(output.getvalue())).metadata)
    changed: dict[str, bytes | None] = {SIGNED_PDF: output.getvalue(), FACTS: json.dumps(facts).encode()}
    assert "không phải là của biên bản đã ký" in await findings(files, changed, SIGNED_PDF)


async def test_a_log_of_another_meeting_or_another_name_is_named(dossier: dict[str, bytes]) -> None:
    files = dossier
    log = log_in(files)
    assert "không phải của diễn biến này" in await findings(
        files, {"dien-bien/x.jsonl": files[log]}, "dien-bien/x.jsonl"
    )
    assert "có hai lần" in await findings(files, {"dien-bien/x.jsonl": files[log]}, "dien-bien/x.jsonl")
    facts = json.loads(files[FACTS])
    facts["meeting"]["id"] = "m2"
    assert "cuộc họp khác" in await findings(files, {FACTS: json.dumps(facts).encode()}, log)
    facts["logs"] = []
    assert "kết thúc ở đâu" in await findings(files, {FACTS: json.dumps(facts).encode()}, FACTS)
    assert "thiếu diễn biến" in await findings(files, {log: None}, "dien-bien")


LINES: dict[str, Callable[[bytes], bytes]] = {
    "có hai lần": lambda line: line.replace(b'{"schema":1,', b'{"schema":1,"schema":1,'),
    "số quá lớn": lambda line: line.replace(b'"seq":1,', b'"seq":' + b"9" * 5000 + b","),
    "thiếu sự kiện này": lambda line: line.replace(b'"seq":1,', b'"seq":9007199254740991,'),
    "NaN": lambda line: line.replace(b'"seq":1,', b'"seq":NaN,'),
    "chữ hỏng": lambda line: line.replace(b'"node"', b'"\\ud800"'),
    "không phải JSON": lambda line: line[:-1],
    "quá sâu": lambda line: line.replace(b'"seq":1,', b'"seq":' + b"[" * 100_000 + b"]" * 100_000 + b","),
    "không đọc được": lambda line: line.replace(b'"seq":1,', b'"seq":{},'),
}


@pytest.mark.parametrize("word", LINES)
async def test_a_crafted_fact_is_named(dossier: dict[str, bytes], word: str) -> None:
    files = dossier
    log = log_in(files)
    first, *others = files[log].splitlines(keepends=True)
    crafted = LINES[word](first.rstrip()) + b"\n"
    assert crafted != first
    assert word in await findings(files, {log: b"".join([crafted, *others])}, log)


def with_manifest(files: dict[str, bytes], change: Callable[[dict[str, Any]], None]) -> dict[str, bytes]:
    manifest = json.loads(files[MANIFEST])
    change(manifest)
    manifest["sha256"] = manifest_sha256(manifest)
    return {**files, MANIFEST: json.dumps(manifest).encode()}


MANIFESTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "phiên bản": lambda m: m.update(schema=99),
    "thông tin hồ sơ thiếu hoặc sai: IssuedDate": lambda m: m["file"].update(IssuedDate="05/11/2026"),
    "thông tin hồ sơ thiếu hoặc sai: Subject": lambda m: m["file"].update(Subject=["x"]),
    "thông tin hồ sơ thiếu hoặc sai: Title": lambda m: m.update(file=[]),
    "không có danh mục tệp": lambda m: m.update(documents={"a": 1}),
    "mục thứ 1 của danh mục tệp sai dạng": lambda m: m["documents"].__setitem__(0, None),
    "mục thứ 2 của danh mục tệp sai dạng": lambda m: m["documents"][1].update(name="../../etc/passwd"),
    "mục thứ 3 của danh mục tệp sai dạng": lambda m: m["documents"][2].update(sha256="ABC"),
    "được ghi 2 lần": lambda m: m["documents"].append(m["documents"][0]),
    "dung lượng": lambda m: m["documents"][0].update(size_bytes=1),
}


@pytest.mark.parametrize("word", MANIFESTS)
async def test_a_crafted_manifest_is_named(dossier: dict[str, bytes], word: str) -> None:
    files = dossier
    report = await verify_files(with_manifest(files, MANIFESTS[word]), "hồ sơ")
    assert any(word in message for message in named(report, MANIFEST)), report.lines()


@pytest.mark.parametrize(
    "text",
    [b"", b"null", b"[]", b"1", b'"x"', b"{}", b'{"documents": NaN}', b'{"a": 1e999}', b'{"a": 1, "a": 2}', b"[" * 9999,
     b'{"a": ' + b"9" * 99 + b"}", b'{"file": null}', b"\xef\xbb\xbf{}", b"\xff\xfe", b'{"a":"\\udfff"}'],
)  # fmt: skip
@pytest.mark.parametrize("name", [MANIFEST, FACTS, PAPER_LIST, RECORDING, ATTENDANCE_JSON])
async def test_a_file_that_is_something_else_is_named(dossier: dict[str, bytes], name: str, text: bytes) -> None:
    report = await verify_files({**dossier, name: text}, "hồ sơ")
    assert named(report, name), report.lines()


async def test_what_is_no_plain_file_is_named_and_not_opened(world: World, tmp_path: Path) -> None:
    folder = await filed_folder(world, tmp_path)
    (folder / "lien-ket.json").symlink_to("/etc/passwd")
    (folder / "thu-muc").symlink_to("/etc")
    os.mkfifo(folder / "ong")
    with (folder / "lon.bin").open("wb") as large:
        large.truncate(600 << 20)
    (folder / "tab\tx").write_text("x")
    (folder / os.fsdecode(b"\xff.txt")).write_text("x")
    report = await verify_async(folder)
    assert {(d.file, d.message) for d in report.defects} == {
        ("lien-ket.json", "là liên kết đến nơi khác, không phải tệp của hồ sơ"),
        ("thu-muc", "là liên kết đến nơi khác, không phải tệp của hồ sơ"),
        ("ong", "không phải tệp thường"),
        ("lon.bin", "tệp quá lớn (600 MB), không kiểm tra"),
        ("tab\\tx", "tên tệp không hợp lệ"),
        ("\\udcff.txt", "tên tệp không hợp lệ"),
    }
    (folder / COPYABLE).unlink()
    (folder / COPYABLE).symlink_to("/dev/zero")
    assert "thiếu tệp này" in named(await verify_async(folder), COPYABLE)
