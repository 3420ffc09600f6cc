"""One body of every fact type, and a log made of them: what the tests of chain, wire and fold share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from scheduler.proceedings import facts as f
from scheduler.proceedings.chain import Head, head_after, instant, seal

LOG = f.LogId(origin="node-1", meeting_id="meeting-1", epoch=1)
START = datetime(2026, 11, 5, 7, 0, tzinfo=UTC)
CHAIR = f.By(person_id="chair")

BODIES: tuple[f.Body, ...] = (
    f.TestingOpened(("hq", "a", "b", "c"), "chair", "hq", "secretary", "one_speaker", ("i1", "i2", "i3")),
    f.SiteJoined("hq", "c1"),
    f.SiteJoined("a", "c2"),
    f.HeadCountReported("a", 3, (f.Somebody("Vàng Thị Mỷ", "Chủ tịch UBND xã"), f.Somebody("Lù A Páo"))),
    f.AttendanceConfirmed("a"),
    f.AbsenceExcused("c", True, "đi công tác"),
    f.DeputyAccepted("b", f.Somebody("Ông Sùng A Vảng", "Phó Chủ tịch")),
    f.RollCalled(("hq", "a"), ("c",), ("b",)),
    f.Convened(),
    f.RecordingStarted("rec"),
    f.ItemOpened("i1"),
    f.PaperShown("p1", 2),
    f.FloorRequested("r1", "a", "question", f.Somebody("Vàng Thị Mỷ")),
    f.FloorRequested("r2", "b"),
    f.RequestReordered(("r2", "r1")),
    f.FloorGranted("s1", "a", "r1", 300),
    f.SpeakerNamed("s1", f.Somebody("Lù A Páo", "Bí thư")),
    f.TimeExtended("s1", 120),
    f.FloorReturned("s1"),
    f.FloorGranted("s2", "hq", None, 0),
    f.FloorRevoked("s2"),
    f.FloorWithdrawn("r2"),
    f.LinkOpened("above", "upper", "node-0", "Giao ban tỉnh"),
    f.LinkOpened("below", "lower", "", "Cụm xã"),
    f.FloorRequested("r3", "a", "speech", f.Somebody("Vàng Thị Mỷ")),
    f.FloorRequested("r4", "b"),
    f.RequestsMerged("r3", ("r4",)),
    f.FloorClimbed("r5", "far", "question", "below", "xã Tùng Vài", ("xã Tùng Vài",), "2026-11-05T07:00:20.000Z"),
    f.FloorForwarded("r3", "above"),
    f.ForwardFollowed("r3", "waiting"),
    f.FloorGranted("s3", "a", "r3", 180),
    f.FloorReturned("s3"),
    f.FloorForwarded("r5", "above"),
    f.RequestJoined("r5", "xã Nghĩa Thuận"),
    f.FloorRequested("r6", "a"),
    f.FloorRequested("r7", "b"),
    f.RequestsMerged("r5", ("r6", "r7")),
    f.FloorWithdrawn("r7"),
    f.RequestAnswered("r5", "Sở sẽ trả lời bằng văn bản."),
    f.FloorRequested("r8", "b"),
    f.FloorForwarded("r8", "above"),
    f.RequestSpoken("r8"),
    f.LinkLost("above", "silent"),
    f.DeputyPresided("deputy", "b", "above"),
    f.LinkRestored("above", 360),
    f.ChairResumed("chair", "hq"),
    f.CaughtUp("above", 360, ("i3",), 2, 41),
    f.ChairLent("leader@node-2", "far", "below", "xã Tùng Vài", f.Somebody("Giàng Mí Sính", "Chủ tịch UBND xã")),
    f.LinkLost("below", "silent"),
    f.DeputyPresided("chair", "hq", "below"),
    f.LinkRestored("below", 20),
    f.ChairResumed("leader@node-2", "far"),
    f.ChairHandedOver("chair", "hq"),
    f.ChairBorrowed("leader", "a", "above", None, f.Somebody("Giàng Mí Sính", "Chủ tịch UBND xã")),
    f.ChairGivenBack("above"),
    f.ChairBorrowed("leader", "far", "above", "below", f.Somebody("Giàng Mí Sính")),
    f.ProgramLeft("above"),
    f.ProgramRejoined("above"),
    f.LinkClosed("below"),
    f.PresentationStarted("a"),
    f.PresentationStopped("a"),
    f.ChatPosted("m1", "b", "xã Quản Bạ", "Đường truyền của chúng tôi yếu"),
    f.ModeChanged("discussion"),
    f.RecordingPaused("rec"),
    f.RecordingResumed("rec"),
    f.RecordingInterrupted("rec", "2026-11-05T07:10:00.000Z", "disk"),
    f.ItemClosed("i1"),
    f.ItemPostponed("i2", "chưa đủ tài liệu"),
    f.AgendaAmended(("i1", "i3", "i2")),
    f.Suspended("nghỉ giải lao"),
    f.Resumed(),
    f.ChairHandedOver("deputy", "a"),
    f.SecretaryAppointed("clerk"),
    f.ConclusionRecorded("k1", "i1", "Giao các xã hoàn thành trước 15/11."),
    f.TaskAssigned("t1", "i1", "Rà soát hộ nghèo", "unit-a", ("unit-b",), "2026-11-15"),
    f.SiteLeft("a", "c2", "lost"),
    f.RecordingStopped("rec"),
    f.Adjourned(),
    f.RecordingSealed("rec", "ab" * 32, 3_600_000),
    f.Corrected("fact-1", "head_count", "3", "4", "đếm nhầm"),
)


def log_of(bodies: Sequence[f.Body] = BODIES, log: f.LogId = LOG) -> list[f.Fact]:
    """A sealed log, one fact a second; ids and salts count up."""
    facts: list[f.Fact] = []
    head = Head(log)
    for number, body in enumerate(bodies, 1):
        at = instant(START + timedelta(seconds=number))
        facts.append(seal(head, body, CHAIR, at, f"fact-{number}", number.to_bytes(16, "big")))
        head = head_after(facts[-1])
    return facts
