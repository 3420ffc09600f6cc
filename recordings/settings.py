"""Settings of recordings: frozen, handed in; nothing here reads the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

# -- capture ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TapSettings:
    """How much a slow disk may hold up before something is left out."""

    video_buffer_bytes: int = 16 << 20  # beyond this, video is left out: about 30 s of 4 Mbps
    buffer_bytes: int = 24 << 20  # beyond this, sound too: the 8 MiB between are minutes of sound alone
    write_every_s: float = 0.2  # bytes reach the file at least this often
    sync_every_s: float = 1.0  # bytes reach the disk at least this often
    reserve_bytes: int = 64 << 20  # left free for the database and the log of the meeting …
    reserve_share: float = 0.05  # … but never more than this share of the disk
    close_within_s: float = 10.0


@dataclass(frozen=True, slots=True)
class ArchiveSettings:
    """The archive's MP4."""

    width: int = 1280
    height: int = 720
    fps: int = 25
    video_bitrate: int = 1_800_000
    audio_bitrate: int = 128_000
    preset: str = "superfast"
    font: Path = Path("/usr/share/fonts/truetype/liberation2/LiberationSans-Regular.ttf")
    bold_font: Path = Path("/usr/share/fonts/truetype/liberation2/LiberationSans-Bold.ttf")


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """Where recordings lie and how they are finished."""

    captures: Path  # packet logs, one folder per recording: written by the media worker
    recordings: Path  # finished files, one folder per recording
    tap: TapSettings = field(default_factory=TapSettings)
    archive: ArchiveSettings = field(default_factory=ArchiveSettings)
    gap_shown_ms: int = 10_000  # the longest an interruption lasts in the recording; the rest of it is cut

    def captures_of(self, recording_id: str) -> Path:
        """The folder of a recording's packet logs: ``directory`` of the worker's ``record`` message."""
        return self.captures / recording_id

    def files_of(self, recording_id: str) -> Path:
        """The folder of a recording's finished files."""
        return self.recordings / recording_id
