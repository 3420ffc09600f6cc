"""Where things stand in the archive's picture. Pure: tests and tools find the program's picture by this."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rectangle:
    """In pixels; all even, as 4:2:0 pictures need."""

    x: int
    y: int
    width: int
    height: int

    def fit(self, width: int, height: int) -> Rectangle:
        """The largest rectangle of that shape inside this one, in its middle."""
        if width <= 0 or height <= 0:
            return self
        scale = min(self.width / width, self.height / height)
        inner_width, inner_height = max(2, int(width * scale) & ~1), max(2, int(height * scale) & ~1)
        x = self.x + (self.width - inner_width) // 2 & ~1
        return Rectangle(x, self.y + (self.height - inner_height) // 2 & ~1, inner_width, inner_height)


@dataclass(frozen=True, slots=True)
class Layout:
    """The program's picture, beside a paper or shared screen when there is one, above the strip of titles."""

    video: Rectangle
    exhibit: Rectangle | None
    strip: Rectangle


def layout(has_exhibit: bool, width: int = 1280, height: int = 720) -> Layout:
    """The places; a picture of another shape than its place stands in its middle (``Rectangle.fit``)."""
    strip_height = height // 10 & ~1
    strip = Rectangle(0, height - strip_height, width, strip_height)
    stage = Rectangle(0, 0, width, height - strip_height)
    if not has_exhibit:
        return Layout(stage, None, strip)
    column = width * 5 // 16 & ~1
    video = Rectangle(width - column, 0, column, column * 9 // 16 & ~1)
    return Layout(video, Rectangle(0, 0, width - column, stage.height), strip)
