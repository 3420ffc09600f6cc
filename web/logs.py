"""Logs as one JSON object per line on standard error. No secret is ever logged: tokens in paths are cut out, headers,
bodies and cookies are not looked at, and values of fields with a secret's name are blanked."""

from __future__ import annotations

import logging
import re
import sys
import time
from collections.abc import Iterable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, get_args

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sfu.overload import Shed
from web.link_measures import LinkMeasures
from web.media.messages import MediaStats, Step

if TYPE_CHECKING:
    from web.live.connection import PagesSaid
    from web.live.workers import Standing

_SECRET_PATHS = (
    re.compile(r"^(/j/)[^/]+"),
    re.compile(r"^(/api/site-links/)[^/]+"),
    re.compile(r"^(/api/password-resets/)[^/]+"),
    re.compile(r"^(/password/)[^/]+"),
    re.compile(r"^(/api/calendar/)[^/]+"),
    re.compile(r"^(/api/wh[ie]p/[^/]+/)[^/]+"),
)
_SECRET_NAMES = re.compile(r"password|passphrase|token|secret|cookie|csrf|(^|_)pin$|authorization", re.IGNORECASE)


def scrub_path(path: str) -> str:
    """The path without the secret that some of our paths carry."""
    for pattern in _SECRET_PATHS:
        path = pattern.sub(r"\1…", path)
    return path


def blank_secrets(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: values whose name says secret are never written."""
    for name in event:
        if _SECRET_NAMES.search(name):
            event[name] = "…"
    return event


class _ScrubAccess(logging.Filter):
    """uvicorn's own access line, should somebody switch it on, loses its secrets too."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(scrub_path(arg) if isinstance(arg, str) else arg for arg in record.args)
        return True


def configure_logs(level: str = "info") -> None:
    """Set structlog and the standard library's logging up, once per process, by whoever starts the process."""
    to_number = getattr(logging, level.upper())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        blank_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(to_number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processor=structlog.processors.JSONRenderer(ensure_ascii=False)
        )
    )
    logging.basicConfig(handlers=[handler], level=to_number, force=True)
    for name in ("httpx", "aiosqlite", "alembic", "websockets"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").addFilter(_ScrubAccess())


_STEPS = {step.name.lower(): int(step) for step in Shed}
_WORKER_GAUGES = {
    "up": "Whether it is there",
    "load": "Share of a core that its busiest thread uses",
    "packets_per_second": "In and out",
    "rooms": "Rooms placed on it",
    "peers": "Peers expected in these rooms",
    "shed": "Steps of overload taken: 1 pictures of others, 2 all but one, 3 newcomers refused, 4 all pictures",
    "memory_bytes": "Resident memory of its process",
    "ring_bytes": "Packets it keeps for repairs and late viewers, at most GIAOBAN_MEDIA_MEMORY",
}


_LINE_GAUGES = {
    "loss_in_worst": "Share lost on the way from a peer, the worst",
    "loss_out_worst": "Share lost on the way to a peer, the worst",
    "rtt_ms_worst": "Round trip to a peer, the longest",
    "estimate_least": "Bits per second that a peer's line carries towards it, the least",
}


class Measures:
    """Counters of this process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "giaoban_http_requests", "Requests answered", ["method", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "giaoban_http_seconds",
            "Time to the start of an answer",
            registry=self.registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
        )
        self.workers = {
            name: Gauge(f"giaoban_media_worker_{name}", what, ["worker"], registry=self.registry)
            for name, what in _WORKER_GAUGES.items()
        }

        self.counters = Gauge(
            "giaoban_media_total",
            "Counters since the worker began, by name",
            ["worker", "what"],
            registry=self.registry,
        )
        self.lines = {
            name: Gauge(f"giaoban_media_line_{name}", what, ["worker"], registry=self.registry)
            for name, what in _LINE_GAUGES.items()
        }
        self.steps = Gauge(
            "giaoban_media_peers_at_step", "Peers by what of the pictures they get", ["worker", "step"],
            registry=self.registry,
        )  # fmt: skip

        self.page_reports = Gauge(
            "giaoban_page_reports_total", "Reports of pages about their lines, one every few seconds and page",
            registry=self.registry,
        )  # fmt: skip
        self.frozen = Gauge(
            "giaoban_page_frozen_seconds_total", "How long pictures stood still at pages, all together",
            registry=self.registry,
        )  # fmt: skip
        self.links = LinkMeasures(self.registry)

    def note_media(self, found: Mapping[str, MediaStats]) -> None:
        """What each worker counts, and how the lines of its peers do."""
        for worker, stats in found.items():
            for what, value in stats.worker.items():
                self.counters.labels(worker, what).set(value)
            lines = list(stats.peers.values())
            self.lines["loss_in_worst"].labels(worker).set(max((one.loss_in for one in lines), default=0))
            self.lines["loss_out_worst"].labels(worker).set(max((one.loss_out for one in lines), default=0))
            self.lines["rtt_ms_worst"].labels(worker).set(max((one.rtt_ms or 0 for one in lines), default=0))
            estimates = [one.estimate for one in lines if one.estimate is not None]
            self.lines["estimate_least"].labels(worker).set(min(estimates, default=0))
            for step in get_args(Step):
                self.steps.labels(worker, step).set(sum(1 for one in lines if one.step == step))

    def note_pages(self, said: PagesSaid) -> None:
        """What pages saw."""
        self.page_reports.set(said.reports)
        self.frozen.set(said.frozen_ms / 1000)

    def note_workers(self, standings: Iterable[Standing]) -> None:
        """How the media workers do, as of now."""
        for one in standings:
            now = (
                one.is_up,
                one.load.level,
                one.load.packets_per_s,
                one.rooms,
                one.peers,
                _STEPS.get(one.load.shed, 0),
                one.load.memory_bytes,
                one.load.ring_bytes,
            )
            for gauge, value in zip(self.workers.values(), now, strict=True):
                gauge.labels(one.name).set(value)


class AccessLog:
    """ASGI middleware: one line and one count per request."""

    def __init__(self, app: ASGIApp, *, measures: Measures) -> None:
        self._app = app
        self._measures = measures
        self._log = structlog.get_logger("web.access")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        finally:
            seconds = time.perf_counter() - started
            self._measures.requests.labels(scope["method"], str(status)).inc()
            self._measures.seconds.observe(seconds)
            self._log.info(
                "request",
                method=scope["method"],
                path=scrub_path(scope["path"]),
                status=status,
                ms=round(seconds * 1000, 1),
                address=(scope.get("client") or ("",))[0],
            )
