"""The browser client's built files: hashed assets for ever, ``index.html`` for every page route and never cached."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from web.errors import NotFound

DIST = Path(__file__).parent / "client" / "dist"
_NOT_PAGES = ("api/", "assets/", "metrics", "healthz")
_NOT_BUILT = (
    "<!doctype html><html lang=vi><meta charset=utf-8><title>Giao Ban</title>"
    "<p>Giao diện chưa được dựng. Chạy: <code>make setup</code></p>"
    "<p lang=en>The client is not built yet. Run: <code>make setup</code></p>"
)


class HashedFiles(StaticFiles):
    """Files whose names change with their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code in {200, 304}:
            response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


def page(dist: Path) -> Response:
    """The client's page; it changes nothing, whatever its address says."""
    index = dist / "index.html"
    if not index.is_file():
        return HTMLResponse(_NOT_BUILT, 503, {"cache-control": "no-cache"})
    return FileResponse(index, headers={"cache-control": "no-cache"}, media_type="text/html")


def install(app: FastAPI, dist: Path = DIST) -> None:
    """Serve the client; comes last, for it answers every path that is left."""
    app.mount("/assets", HashedFiles(directory=dist / "assets", check_dir=False), name="assets")
    router = APIRouter(include_in_schema=False)

    @router.api_route("/j/{token}", methods=["GET", "HEAD"])
    async def site_link(token: str) -> Response:
        """A site's link: shows the page; what it is for is asked, and done, by the page."""
        answer = page(dist)
        answer.headers["referrer-policy"] = "no-referrer"
        return answer

    @router.api_route("/{path:path}", methods=["GET", "HEAD"])
    async def page_or_file(path: str, request: Request) -> Response:
        if path.startswith(_NOT_PAGES):
            raise NotFound
        file = (dist / path).resolve() if path and "\0" not in path else dist
        if file.is_file() and file.is_relative_to(dist.resolve()) and file.name != "index.html":
            return FileResponse(file, headers={"cache-control": "no-cache"})
        if "." in path.rsplit("/", 1)[-1]:
            raise NotFound
        return page(dist)

    app.include_router(router)
