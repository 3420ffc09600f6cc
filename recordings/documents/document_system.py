"""What a document system must do for us, whatever it is: a folder, edXML, WebDAV, CMIS.

Adapters are idempotent on the delivery key: pushing again under the same key, after any crash, gives the one document
that is there. They keep nothing of their own; what they return is written down by the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from recordings.documents.package import Package
from recordings.errors import OutsideMistake

TransportStatus = Literal["absent", "sent", "recalled"]


class DocumentSystemFailed(OutsideMistake):
    """It cannot be reached or refuses to write; the job tries again."""

    code = "document_system_failed"


@dataclass(frozen=True, slots=True)
class Filed:
    """Where a package is in the document system."""

    reference: str  # what the document system calls it
    status: TransportStatus
    at: datetime | None = None


class DocumentSystem(Protocol):
    """An adapter. All methods may raise :class:`DocumentSystemFailed`."""

    name: str

    async def push(self, key: str, package: Package) -> Filed:
        """Deliver under this key; a second time changes nothing and says where it is."""
        ...

    async def fetch(self, reference: str) -> Package:
        """What is filed there."""
        ...

    async def link(self, reference: str) -> str:
        """An address by which a person opens it."""
        ...

    async def status(self, key: str) -> Filed:
        """Whether the delivery of this key is there."""
        ...

    async def recall(self, key: str, reason: str, now: datetime) -> Filed:
        """Mark it recalled; the files stay (NĐ 30: keep the sent document and the recall's metadata)."""
        ...
