"""Composes the archive's picture: program, paper or shared screen, strip of titles; in YUV 4:2:0 all the way."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from recordings.capture.layout import Rectangle
from recordings.capture.scenes import Scene
from recordings.settings import ArchiveSettings

BACKGROUND, STRIP, TEXT, FAINT = (18, 22, 28), (12, 44, 84), (255, 255, 255), (200, 212, 228)
PageImage = Callable[[str, int], bytes | None]  # paper, page → PNG; None when it cannot be shown

Plane = NDArray[np.uint8]
Picture = tuple[Plane, Plane, Plane]  # Y, U, V


def planes_of(frame: av.VideoFrame, width: int, height: int) -> Picture:
    """A decoded frame scaled to this size."""
    scaled = frame.reformat(width, height, "yuv420p", interpolation="BILINEAR")
    packed: Plane = np.asarray(scaled.to_ndarray(), dtype=np.uint8)
    quarter = height // 2 * (width // 2)
    flat = packed.reshape(-1)
    luma = flat[: width * height].reshape(height, width)
    chroma = flat[width * height :]
    return luma, chroma[:quarter].reshape(height // 2, -1), chroma[quarter : 2 * quarter].reshape(height // 2, -1)


class Composer:
    """Keeps the finished background of a scene and lays the moving pictures on it."""

    def __init__(self, settings: ArchiveSettings, page_image: PageImage) -> None:
        self._settings = settings
        self._page_image = page_image
        self._size = (settings.width, settings.height)
        self._scene: Scene | None = None
        self._background: Plane = np.zeros((settings.height * 3 // 2, settings.width), dtype=np.uint8)
        self._scale = settings.height / 720  # what is said in pixels is meant for that height
        self._fonts = {
            size: ImageFont.truetype(str(font), size * self._scale)
            for size, font in ((30, settings.bold_font), (24, settings.font), (34, settings.font))
        }

    def compose(self, scene: Scene, program: av.VideoFrame | None, presentation: av.VideoFrame | None) -> av.VideoFrame:
        """One picture; ``None`` for a program nobody sends leaves the name of who is on air."""
        if scene != self._scene:
            self._scene, self._background = scene, self._draw(scene)
        canvas = self._background.copy()
        places = scene.layout(*self._size)
        if scene.show != "gap" and program is not None:
            self._lay(canvas, program, places.video)
        if scene.show == "presentation" and presentation is not None and places.exhibit is not None:
            self._lay(canvas, presentation, places.exhibit)
        return av.VideoFrame.from_ndarray(canvas, format="yuv420p")

    def _lay(self, canvas: Plane, frame: av.VideoFrame, place: Rectangle) -> None:
        place = place.fit(frame.width, frame.height)
        width, height = self._size
        luma, blue, red = planes_of(frame, place.width, place.height)
        canvas[place.y : place.y + place.height, place.x : place.x + place.width] = luma
        half = (height // 2, width // 2)
        for index, chroma in enumerate((blue, red)):
            start = height + index * height // 4
            plane = canvas[start : start + height // 4].reshape(half)
            plane[place.y // 2 : (place.y + place.height) // 2, place.x // 2 : (place.x + place.width) // 2] = chroma

    def _draw(self, scene: Scene) -> Plane:
        image = Image.new("RGB", self._size, BACKGROUND)
        draw = ImageDraw.Draw(image)
        places = scene.layout(*self._size)
        self._strip(draw, places.strip, scene)
        if scene.show == "gap":
            self._centred(draw, places.video, scene.notice)
        else:
            self._centred(draw, places.video, scene.speaker)
        if scene.show == "paper" and places.exhibit is not None:
            self._paper(image, draw, places.exhibit, scene)
        frame = av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24").reformat(format="yuv420p")
        return np.ascontiguousarray(frame.to_ndarray(), dtype=np.uint8)

    def _strip(self, draw: ImageDraw.ImageDraw, place: Rectangle, scene: Scene) -> None:
        draw.rectangle((place.x, place.y, place.x + place.width, place.y + place.height), fill=STRIP)
        edge, line = round(24 * self._scale), round(36 * self._scale)
        lines = [(scene.title, self._fonts[30], TEXT), (scene.speaker, self._fonts[24], FAINT)]
        lines = [line for line in lines if line[0]]
        y = place.y + round((4 if len(lines) == 2 else 20) * self._scale)
        for text, font, colour in lines:
            draw.text((place.x + edge, y), shorten(text, font, place.width - 2 * edge), font=font, fill=colour)
            y += line

    def _centred(self, draw: ImageDraw.ImageDraw, place: Rectangle, text: str) -> None:
        font = self._fonts[34] if place.width > self._size[0] // 2 else self._fonts[24]
        shown = shorten(text, font, place.width - 32)
        middle = (place.x + place.width // 2, place.y + place.height // 2)
        draw.text(middle, shown, font=font, fill=FAINT, anchor="mm")

    def _paper(self, image: Image.Image, draw: ImageDraw.ImageDraw, place: Rectangle, scene: Scene) -> None:
        data = self._page_image(scene.paper_id or "", scene.page)
        if data is None:
            self._centred(draw, place, f"Không hiển thị được trang {scene.page} của tài liệu")
            return
        with Image.open(io.BytesIO(data)) as page:
            target = place.fit(page.width, page.height)
            image.paste(page.convert("RGB").resize((target.width, target.height)), (target.x, target.y))


def shorten(text: str, font: Any, width: int) -> str:
    """The text, cut with an ellipsis so that it is no wider than ``width`` pixels."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…"
