"""A real dossier changed in every way hypothesis thinks of: always a report that names a file, never an exception."""

from __future__ import annotations

import asyncio
import io
import json
import random
import zipfile
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from recordings.documents.dossier import SIGNED_PDF
from recordings.documents.package import MANIFEST
from recordings.verify import verify_bytes, verify_files
from tests.recordings.documents.forgery import named, rehashed

RAW = "@raw@"
NASTY = ("null", "true", "-1", "0.5", "1e400", "NaN", "-Infinity", "9007199254740993", "9" * 5000, '""', '"\\ud800"',
         '"\\u0000"', "[]", "{}", "[" * 70 + "]" * 70, "[" * 50_000, '{"a":1,"a":2}', '"../../x"', '"x"')  # fmt: skip
ALWAYS = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in inner for place in places(part, (*path, key)))]


def put(value: Any, path: tuple[Any, ...], new: str | None) -> str:
    """The text of ``value`` with raw ``new`` at a place, or without that place."""
    whole = {"": json.loads(json.dumps(value))}
    at: Any = whole
    way: tuple[Any, ...] = ("", *path)
    for key in way[:-1]:
        at = at[key]
    if new is None and path:
        del at[way[-1]]
    else:
        at[way[-1]] = RAW
    return json.dumps(whole[""], ensure_ascii=False).replace(f'"{RAW}"', new or "null")


@st.composite
def changes(draw: st.DrawFn, files: dict[str, bytes]) -> tuple[str, bytes | None, bool]:
    """A file, what becomes of it, and whether the forger mends the manifest."""
    name = draw(st.sampled_from([n for n in sorted(files) if n.endswith((".json", ".jsonl"))]))
    lines = files[name].splitlines() if name.endswith(".jsonl") else [files[name]]
    number = draw(st.integers(0, len(lines) - 1))
    value = json.loads(lines[number])
    place = draw(st.sampled_from(places(value)))
    lines[number] = put(value, place, draw(st.sampled_from((None, *NASTY)))).encode("utf-8", "surrogatepass")
    return name, b"\n".join(lines), draw(st.booleans())


async def test_any_json_in_it_may_say_anything(dossier: dict[str, bytes]) -> None:
    without_pdf = {name: content for name, content in dossier.items() if name != SIGNED_PDF}  # slow, and not the point

    @ALWAYS
    @given(changes(without_pdf))
    def check(change: tuple[str, bytes, bool]) -> None:
        name, content, is_mended = change
        if content == without_pdf[name]:
            return
        mends = is_mended and name != MANIFEST
        files = rehashed(without_pdf, {name: content}) if mends else {**without_pdf, name: content}
        report = asyncio.run(verify_files(files, "hồ sơ"))
        assert mends or named(report, name), (name, content[:300])

    await asyncio.to_thread(check)


async def test_any_bytes_in_the_signed_pdf(dossier: dict[str, bytes]) -> None:
    dice, pdf = random.Random(5), dossier[SIGNED_PDF]
    for _ in range(12):
        at, length = dice.randrange(len(pdf)), dice.choice((1, 4, 300, 20_000))
        cut = pdf[:at] + dice.choice((b"", dice.randbytes(length))) + pdf[at + length :]
        report = await verify_bytes(cut, "bien-ban.pdf")
        assert not report.is_whole or cut == pdf, (at, length)


async def test_any_bytes_in_the_zip(dossier: dict[str, bytes]) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in dossier.items():
            if name != SIGNED_PDF:
                archive.writestr(name, content)
    whole, dice = packed.getvalue(), random.Random(9)
    for _ in range(60):
        at, length = dice.randrange(len(whole)), dice.choice((1, 2, 40, 3000))
        cut = whole[:at] + dice.choice((b"", dice.randbytes(length))) + whole[at + length :]
        assert (await verify_bytes(cut, "ho-so.zip")).defects


async def test_a_zip_that_swells_or_leads_elsewhere(dossier: dict[str, bytes]) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in dossier.items():
            archive.writestr(name, content)
        for name in ("../../../etc/cron.d/x", "/etc/passwd", "a\\b.txt", "C:/x.txt", "./y", "a//b"):
            archive.writestr(zipfile.ZipInfo(name), b"x")
        link = zipfile.ZipInfo("lien-ket")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("bom.mp4", bytes(5_000_000))
    packed.seek(0)
    report = await verify_bytes(packed.getvalue(), "ho-so.zip")
    assert {(d.file, d.message) for d in report.defects} == {
        *((name, "tên tệp không hợp lệ") for name in ("../../../etc/cron.d/x", "/etc/passwd", "a\\b.txt", "C:/x.txt")),
        ("./y", "tên tệp không hợp lệ"), ("a//b", "tên tệp không hợp lệ"), ("bom.mp4", "tệp nén bất thường"),
        ("lien-ket", "là liên kết đến nơi khác, không phải tệp của hồ sơ"),
    }  # fmt: skip
