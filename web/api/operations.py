"""For those who keep the installation running: health, measures, and the local certificate authority."""

from __future__ import annotations

import asyncio
import hmac
from ipaddress import ip_address

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text as sql
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from scheduler.permissions import may_see_settings
from web.authentication import address_of, identify, load
from web.errors import NotFound
from web.logs import Measures
from web.services import Services, services_of

router = APIRouter(include_in_schema=False)

_CA_PAGE = """<!doctype html><html lang="vi"><meta charset="utf-8"><title>Cài chứng thư – Giao Ban</title>
<h1>Cài chứng thư của máy chủ này</h1>
<p><a href="/ca.crt" download="giaoban-ca.crt">Tải chứng thư (giaoban-ca.crt)</a></p>
<ol>
<li><b>Windows:</b> mở tệp vừa tải → Cài đặt chứng chỉ → Máy cục bộ → “Cơ quan chứng nhận gốc tin cậy”.</li>
<li><b>Firefox:</b> Cài đặt → Quyền riêng tư → Chứng chỉ → Xem → Cơ quan cấp → Nhập.</li>
<li><b>Android:</b> Cài đặt → Bảo mật → Cài chứng chỉ → Chứng chỉ CA.</li>
<li><b>Linux:</b> chép vào <code>/usr/local/share/ca-certificates/</code>
rồi chạy <code>update-ca-certificates</code>.</li>
</ol>
<p>So dấu vân tay (SHA-256) với cán bộ kỹ thuật trước khi cài.</p>
<div lang="en"><h2>Install this server's certificate</h2>
<p>Download it, open it, and trust it as a root authority;
compare its SHA-256 fingerprint with your technician's.</p></div>
"""


@router.get("/healthz")
async def health(request: Request) -> JSONResponse:
    """200 while the database answers; which media workers are there is told beside it."""
    services = services_of(request)
    database_is_up = await _database_answers(services)
    media = {worker.name: worker.is_up for worker in services.hub.workers.standings()}
    return JSONResponse(
        {"database": database_is_up, "media": media, "status": "ok" if database_is_up else "failing"},
        200 if database_is_up else 503,
        {"cache-control": "no-store"},
    )


async def _database_answers(services: Services) -> bool:
    try:
        async with asyncio.timeout(5), services.database.reading() as session:
            await session.execute(sql("SELECT 1"))
    except Exception:
        return False
    return True


@router.get("/metrics")
async def measures(request: Request) -> Response:
    """Prometheus text for the machine itself, the bearer of the token, or an administrator; else 404."""
    if not await _may_measure(request):
        raise NotFound
    counted: Measures = request.app.state.measures
    workers = services_of(request).hub.workers
    counted.note_workers(workers.standings())
    media = await workers.statistics()
    counted.note_media(media)
    counted.note_pages(services_of(request).hub.said)
    links = services_of(request).node_links
    counted.links.note(links.standings() if links is not None else (), media)
    return Response(generate_latest(counted.registry), media_type=CONTENT_TYPE_LATEST)


async def _may_measure(request: Request) -> bool:
    services = services_of(request)
    if not services.settings.behind_proxy and _is_loopback(address_of(request)):
        return True
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    token = services.settings.metrics_token
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    identity = await identify(request)
    if identity is None or identity.person_id is None:
        return False
    async with services.database.reading() as session:
        return may_see_settings(await load(session, identity, services.now()))


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


@router.get("/ca")
async def authority_page(request: Request) -> HTMLResponse:
    _authority(request)
    return HTMLResponse(_CA_PAGE)


@router.get("/ca.crt")
async def authority(request: Request) -> FileResponse:
    return FileResponse(_authority(request), media_type="application/x-x509-ca-cert", filename="giaoban-ca.crt")


def _authority(request: Request) -> str:
    file = services_of(request).settings.keys_folder / "ca.crt"
    if not file.is_file():
        raise NotFound
    return str(file)
