"""Minutes: draft, write, submit, number, sign, issue; and each person's own certificate. The PIN is never kept."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import Field
from starlette.responses import Response

from recordings.minutes import certificate as certificates
from recordings.minutes.access import open_minutes
from recordings.minutes.draft import draft_minutes
from recordings.minutes.number import give_number
from recordings.minutes.outside import upload_signed
from recordings.minutes.publish import issue_minutes, recall_minutes
from recordings.minutes.read import acts, html_file, minutes_json, pdf_file, signed_pdf_file, word_file
from recordings.minutes.revise import difference_of, revise_minutes, revisions_of
from recordings.minutes.sign import sign_minutes
from recordings.minutes.submit import return_minutes, submit_minutes
from recordings.minutes.tables import Certificate
from recordings.minutes.text import Section, Text
from scheduler.audit import record
from scheduler.organization.person import Person
from web.api.call import Body, Json, SessionCall, Somebody
from web.errors import NotAllowed, NotFound, TooLarge, TooManyAttempts

router = APIRouter(tags=["minutes"])

Long = Annotated[str, Field(max_length=200_000)]
Line = Annotated[str, Field(max_length=1000)]
Pin = Annotated[str, Field(min_length=1, max_length=200)]
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LARGEST_CERTIFICATE = 2**20
_DOCUMENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"


class SectionIn(Body):
    item_id: Annotated[str, Field(max_length=64)]
    opinions: Long = ""
    conclusion: Long = ""


class TextIn(Body):
    model_config = Body.model_config | {"str_strip_whitespace": False, "str_max_length": 200_000}

    revision: Annotated[int, Field(ge=1)]
    sections: Annotated[list[SectionIn], Field(max_length=200, default_factory=list)]
    opening: Long = ""
    closing: Long = ""
    recipients: Annotated[list[Line], Field(max_length=100, default_factory=list)]


class ReasonIn(Body):
    reason: Line = ""


class NumberIn(Body):
    number: Annotated[str, Field(max_length=20)]
    notation: Annotated[str, Field(max_length=50)]
    date: date
    confirm: bool = False


class SignIn(Body):
    role: Literal["secretary", "chair"]
    pin: Pin


class PinIn(Body):
    pin: Pin


@router.get("/meetings/{meeting_id}/minutes")
async def read(meeting_id: str, call: Somebody) -> Json:
    async with call.database.reading() as session:
        actor = await call.actor(session)
        opened = await open_minutes(session, actor, meeting_id, call.now)
        if opened.minutes is None:
            return {"id": None, "meeting_id": meeting_id, "status": "none", "may": acts(actor, opened)}
        return await minutes_json(session, actor, meeting_id, call.now)


@router.post("/meetings/{meeting_id}/minutes", status_code=201)
async def draft(meeting_id: str, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        await draft_minutes(session, await call.actor(session), meeting_id, call.now)
    return await read(meeting_id, call)


@router.put("/meetings/{meeting_id}/minutes")
async def revise(meeting_id: str, body: TextIn, call: Somebody) -> Json:
    text = Text(
        sections=tuple(Section(**one.model_dump()) for one in body.sections),
        opening=body.opening,
        closing=body.closing,
        recipients=tuple(body.recipients),
    )
    async with call.database.transaction() as session:
        actor = await call.actor(session)
        await revise_minutes(session, actor, meeting_id, revision=body.revision, text=text, now=call.now)
    return await read(meeting_id, call)


@router.get("/meetings/{meeting_id}/minutes/revisions")
async def revisions(meeting_id: str, call: Somebody) -> Json:
    async with call.database.reading() as session:
        minutes = (await open_minutes(session, await call.actor(session), meeting_id)).existing
        found = await revisions_of(session, minutes)
        items = []
        for one in found:
            author = await session.get(Person, one.author_person_id)
            items.append({"number": one.number, "at": one.at, "author": author.name if author else ""})
    return {"items": items, "next": None}


@router.get("/meetings/{meeting_id}/minutes/revisions/{number}")
async def revision(meeting_id: str, number: int, call: Somebody) -> Json:
    async with call.database.reading() as session:
        minutes = (await open_minutes(session, await call.actor(session), meeting_id)).existing
        if number < 1:
            raise NotFound
        changes = await difference_of(session, minutes, number)
    return {"number": number, "changes": [asdict(change) for change in changes]}


@router.post("/meetings/{meeting_id}/minutes/submit")
async def submit(meeting_id: str, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        await submit_minutes(session, call.services.store, await call.actor(session), meeting_id, call.now)
    return await read(meeting_id, call)


@router.post("/meetings/{meeting_id}/minutes/return")
async def give_back(meeting_id: str, body: ReasonIn, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        await return_minutes(session, await call.actor(session), meeting_id, body.reason)
    return await read(meeting_id, call)


@router.put("/meetings/{meeting_id}/minutes/number")
async def number_them(meeting_id: str, body: NumberIn, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        await give_number(
            session,
            call.services.store,
            await call.actor(session),
            meeting_id,
            number=body.number,
            notation=body.notation,
            issued_on=body.date,
            confirm=body.confirm,
            now=call.now,
        )
    return await read(meeting_id, call)


@router.post("/meetings/{meeting_id}/minutes/sign")
async def sign(meeting_id: str, body: SignIn, call: Somebody) -> Json:
    async with call.database.reading() as session:
        actor = await call.actor(session)
    services = call.services
    await sign_minutes(
        call.database,
        services.store,
        services.signing,
        actor,
        meeting_id,
        role=body.role,
        pin=body.pin,
        now=call.now,
    )
    return await read(meeting_id, call)


@router.post("/meetings/{meeting_id}/minutes/upload")
async def upload(meeting_id: str, call: Somebody, file: Annotated[UploadFile, File()]) -> Json:
    services = call.services
    content = await file.read(services.settings.upload_limit + 1)
    if len(content) > services.settings.upload_limit:
        raise TooLarge(megabytes=services.settings.upload_limit // 2**20)
    async with call.database.transaction() as session:
        actor = await call.actor(session)
        await upload_signed(session, services.store, services.signing, actor, meeting_id, content, call.now)
    return await read(meeting_id, call)


@router.post("/meetings/{meeting_id}/minutes/issue")
async def issue(meeting_id: str, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        actor = await call.actor(session)
        await issue_minutes(session, actor, meeting_id, call.now)
        record(session, "minutes_issued", actor, call.now, subject_id=meeting_id, address=call.address)
    return await read(meeting_id, call)


@router.post("/meetings/{meeting_id}/minutes/recall")
async def recall(meeting_id: str, body: ReasonIn, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        actor = await call.actor(session)
        await recall_minutes(session, actor, meeting_id, body.reason, call.now)
        record(session, "minutes_recalled", actor, call.now, subject_id=meeting_id, address=call.address)
    return await read(meeting_id, call)


@router.get("/meetings/{meeting_id}/minutes/pdf")
async def pdf(meeting_id: str, call: Somebody) -> Response:
    async with call.database.reading() as session:
        content = await pdf_file(session, call.services.store, await call.actor(session), meeting_id, call.now)
    return document(content, "application/pdf", "bien-ban.pdf")


@router.get("/meetings/{meeting_id}/minutes/signed.pdf")
async def signed_pdf(meeting_id: str, call: Somebody) -> Response:
    async with call.database.reading() as session:
        content = await signed_pdf_file(session, call.services.store, await call.actor(session), meeting_id)
    return document(content, "application/pdf", "bien-ban-da-ky.pdf")


@router.get("/meetings/{meeting_id}/minutes/docx")
async def docx(meeting_id: str, call: Somebody) -> Response:
    async with call.database.reading() as session:
        content = await word_file(session, await call.actor(session), meeting_id)
    return document(content, WORD, "bien-ban.docx", is_inline=False)


@router.get("/meetings/{meeting_id}/minutes/html")
async def html(meeting_id: str, call: Somebody) -> Response:
    async with call.database.reading() as session:
        content = await html_file(session, await call.actor(session), meeting_id, call.now)
    return document(content.encode(), "text/html; charset=utf-8", "bien-ban.html")


def document(content: bytes, media_type: str, name: str, *, is_inline: bool = True) -> Response:
    """A document of ours: shown in a sandbox without script, or saved."""
    headers = {
        "content-disposition": f'{"inline" if is_inline else "attachment"}; filename="{name}"',
        "content-security-policy": _DOCUMENT_POLICY,
        "x-frame-options": "SAMEORIGIN",
    }
    return Response(content, media_type=media_type, headers=headers)


# -- one's own certificate ----------------------------------------------------------------------------------------


@router.get("/me/certificate")
async def my_certificate(call: Somebody) -> Json:
    found = await certificates.certificate_of(call.database, _person(call))
    return {"certificate": _shape(found) if found else None}


@router.put("/me/certificate")
async def add_certificate(call: Somebody, file: Annotated[UploadFile, File()], pin: Annotated[str, Form()]) -> Json:
    person_id = _person(call)
    content = await file.read(LARGEST_CERTIFICATE + 1)
    if len(content) > LARGEST_CERTIFICATE:
        raise TooLarge(megabytes=1)
    _slow_down(call)
    added = await certificates.add_certificate(
        call.database, call.services.signing, person_id=person_id, content=content, pin=pin[:200], now=call.now
    )
    await _note(call)
    return _shape(added)


@router.post("/me/certificate/test")
async def make_test_certificate(body: PinIn, call: Somebody) -> Json:
    person_id = _person(call)
    _slow_down(call)
    made = await certificates.make_test_certificate(
        call.database, call.services.signing, person_id=person_id, pin=body.pin, now=call.now
    )
    await _note(call)
    return _shape(made)


@router.delete("/me/certificate", status_code=204)
async def remove_certificate(call: Somebody) -> None:
    await certificates.remove_certificate(call.database, _person(call))
    await _note(call)


def _person(call: SessionCall) -> str:
    if call.identity.person_id is None:
        raise NotAllowed
    return call.identity.person_id


def _slow_down(call: SessionCall) -> None:
    """Making a key and opening one cost much: ten tries in a minute are enough for anybody."""
    key, at = f"certificate {call.identity.person_id}", call.now.timestamp()
    wait_s = call.services.key_attempts.wait_s(key, at)
    if wait_s:
        raise TooManyAttempts(wait_s)
    call.services.key_attempts.failed(key, at)


async def _note(call: SessionCall) -> None:
    async with call.database.transaction() as session:
        record(session, "certificate_changed", call.identity.actor, call.now, address=call.address)


def _shape(certificate: Certificate) -> dict[str, Any]:
    return {
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "valid_from": certificate.valid_from,
        "valid_to": certificate.valid_to,
        "is_test": certificate.is_test,
    }
