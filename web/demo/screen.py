"""What the demonstration says: its steps as they go, and at the end who opens what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from web.demo.conference import Conference, Guest, Room
from web.demo.layout import Layout


@dataclass(slots=True)
class Step:
    """One line of progress."""

    progress: Progress
    task: TaskID
    title: str

    def count(self, done: int, of: int, note: str = "") -> None:
        self.progress.update(self.task, completed=done, total=max(of, 1))
        self.note(f"{done}/{of}{f' {note}' if note else ''}")

    def note(self, text: str) -> None:
        self.progress.update(self.task, description=f"{self.title} [dim]{escape(text)}[/dim]")


class Screen:
    def __init__(self, console: Console) -> None:
        self.console = console
        columns = (SpinnerColumn(finished_text="[green]✓[/green]"), TextColumn("{task.description}"), BarColumn(20))
        self._progress = Progress(*columns, TimeElapsedColumn(), console=console)

    @contextmanager
    def steps(self) -> Iterator[None]:
        if self.console.is_terminal:
            with self._progress:
                yield
        else:
            yield  # into a file or a pipe: a line for every step that is done

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Turns until the block ends; a failed one stays as it is."""
        task = self._progress.add_task(title, total=None)
        step = Step(self._progress, task, title)
        yield step
        total = self._progress.tasks[task].total or 1
        self._progress.update(task, completed=total, total=total)
        if not self.console.is_terminal:
            taken = self._progress.tasks[task].elapsed or 0.0
            self.console.print(f"✓ {self._progress.tasks[task].description} ({taken:.0f} s)", highlight=False)

    def say(self, text: str) -> None:
        self.console.print(text, soft_wrap=True, highlight=False)

    def warn(self, text: str) -> None:
        self.console.print(f"[yellow]{escape(text)}[/yellow]", soft_wrap=True, highlight=False)

    def places(self, layout: Layout, databases: dict[str, str]) -> None:
        table = Table("cấp", "cài đặt", "địa chỉ", "mạng riêng", "cơ sở dữ liệu", show_edge=False, header_style="dim")
        for place, level in zip(layout.places, ("trung ương", "tỉnh", "huyện"), strict=True):
            table.add_row(level, place.title, place.url, place.namespace or "–", databases[place.name])
        self.console.print(table, "")

    def doors(self, layout: Layout, conference: Conference) -> None:
        """Who opens what in a browser."""
        lines = []
        for place, role in ((layout.central, "Chủ tọa (trung ương)"), (layout.district, "Chủ tọa huyện Quản Bạ")):
            room = conference.room_of(place)
            lines += [f"[bold]{role}[/bold]  {address(room)}", f"   đăng nhập {_login(room)}"]
        for guest in doors_of_communes(layout, conference):
            lines += [f"[bold]Điểm cầu {escape(guest.unit)}[/bold]", f"   {guest.link}"]
        if layout.isolated:
            lines += ["", "[dim]Trình duyệt sẽ hỏi về chứng thư nội bộ: chọn tiếp tục, hoặc cài theo trang /ca.[/dim]"]
        self.console.print(Panel("\n".join(lines), title="Mở bằng trình duyệt trên máy này", expand=False))


def address(room: Room) -> str:
    return f"{room.place.url}/meetings/{room.id}"


def doors_of_communes(layout: Layout, conference: Conference) -> list[Guest]:
    """One of the district's own installation, one of another district: no light peers sit there."""
    district, province = conference.room_of(layout.district), layout.province
    own = next(guest for guest in district.guests if guest.role != "chair")
    rooms = [room for room in conference.rooms if room.place is province][1:]
    others = [guest for room in rooms[:1] for guest in room.guests if guest.role != "chair"]
    return [own, *others[:1]]


def _login(room: Room) -> str:
    return f"[bold]{room.chair}[/bold], mật khẩu [bold]{room.place.password_file.read_text()}[/bold]"
