"""What lies in a dossier that came from outside, read without trusting it: a folder or a ZIP of anybody's making.

Nothing is extracted, no link is followed, nothing that is not a plain file is opened, and sizes are known before a byte
is read. A recording that lies beside the papers is hashed as it is read, never held in memory.
"""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

LARGEST_FILE = 512 << 20
LARGEST_WHOLE = 1 << 30
MOST_FILES = 10_000
MOST_SQUEEZED = 50  # a recording does not get smaller in a ZIP
MP4 = ".mp4"
_BROKEN = (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError, EOFError, ValueError)


@dataclass(slots=True)
class Source:
    """Files by path, recordings by path with their SHA-256, and what could not be taken in."""

    files: dict[str, bytes] = field(default_factory=dict)
    recordings: dict[str, str] = field(default_factory=dict)
    defects: list[tuple[str, str]] = field(default_factory=list)
    size: int = 0

    def admit(self, name: str, size: int) -> bool:
        """Whether a file of this name and size may be read; if not, it is named."""
        why = ""
        if not is_plain_name(name):
            why = "tên tệp không hợp lệ"
        elif name in self.files or name in self.recordings:
            why = "tệp có hai lần trong gói"
        elif not name.endswith(MP4) and (size > LARGEST_FILE or self.size + size > LARGEST_WHOLE):
            why = f"tệp quá lớn ({size >> 20} MB), không kiểm tra"
        elif len(self.files) >= MOST_FILES:
            why = "hồ sơ có quá nhiều tệp"
        if why:
            self.defects.append((name, why))
        elif not name.endswith(MP4):
            self.size += size
        return not why

    def take(self, name: str, size: int, file: IO[bytes]) -> None:
        if name.endswith(MP4):
            self.recordings[name] = hash_of(file)
        else:
            self.files[name] = file.read(size + 1)


def is_plain_name(name: str) -> bool:
    """A path inside the dossier, spelled in the one way: no ``..``, no root, no backslash, nothing invisible."""
    path = PurePosixPath(name)
    plain = bool(name) and str(path) == name and not path.is_absolute() and ".." not in path.parts
    return plain and name.isprintable() and "\\" not in name and ":" not in path.parts[0]


def hash_of(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := file.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


# -- a folder -----------------------------------------------------------------------------------------------------


def read_tree(folder: Path) -> Source:
    """Everything below a folder."""
    source = Source()
    for path in _below(folder, source):
        name = path.relative_to(folder).as_posix()
        try:
            _take_path(source, name, path)
        except OSError as error:
            source.defects.append((name, f"không đọc được ({error.strerror or type(error).__name__})"))
        if len(source.defects) > MOST_FILES:
            break
    return source


def _below(folder: Path, source: Source) -> Iterator[Path]:
    def failed(error: OSError) -> None:
        source.defects.append((str(error.filename), f"không đọc được thư mục ({error.strerror})"))

    for place, folders, names in os.walk(folder, onerror=failed):
        folders.sort()
        for name in sorted([*names, *(f for f in folders if (Path(place) / f).is_symlink())]):
            yield Path(place) / name


def _take_path(source: Source, name: str, path: Path) -> None:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        source.defects.append((name, "là liên kết đến nơi khác, không phải tệp của hồ sơ"))
    elif not stat.S_ISREG(status.st_mode):
        source.defects.append((name, "không phải tệp thường"))
    elif source.admit(name, status.st_size):
        with open_plain(path) as file:
            source.take(name, status.st_size, file)


def open_plain(path: Path) -> IO[bytes]:
    """Open without following a link put there meanwhile, and without waiting for a pipe."""
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")


# -- a ZIP --------------------------------------------------------------------------------------------------------


def read_zip(file: IO[bytes], whole: str) -> Source:
    """Every entry of a ZIP; ``whole`` is what the ZIP itself is called."""
    source = Source()
    try:
        with zipfile.ZipFile(file) as archive:
            for entry in archive.infolist():
                _take_entry(source, archive, entry)
                if len(source.defects) > MOST_FILES:
                    break
    except _BROKEN:
        source.defects.append((whole, "gói ZIP hỏng, không mở được"))
    return source


def _take_entry(source: Source, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename
    if entry.is_dir() and entry.file_size == 0:
        return
    if stat.S_ISLNK(entry.external_attr >> 16):
        source.defects.append((name, "là liên kết đến nơi khác, không phải tệp của hồ sơ"))
        return
    if name.endswith(MP4) and entry.file_size > MOST_SQUEEZED * max(entry.compress_size, 1):
        source.defects.append((name, "tệp nén bất thường"))
        return
    if not source.admit(name, entry.file_size):
        return
    try:
        with archive.open(entry) as content:
            source.take(name, entry.file_size, content)
    except _BROKEN:
        source.defects.append((name, "tệp đã bị thay đổi hoặc hỏng, không giải nén được"))
        source.files[name] = b""
