"""A screen to share for browsers that have none: it shows a machine-readable number, and something moves on it."""

from __future__ import annotations

from tests.media import picture_code

WIDTH, HEIGHT, FPS = 640, 360, 5


def script(number: int) -> str:
    """JavaScript for a page, run before its own: what it shares is a screen with this number."""
    return f"""
if (navigator.mediaDevices) navigator.mediaDevices.getDisplayMedia = async () => {{
  const screen = Object.assign(document.createElement("canvas"), {{ width: {WIDTH}, height: {HEIGHT} }});
  const context = screen.getContext("2d"), cells = {picture_code.cells_of(number)}, cell = {WIDTH} / cells.length;
  let moment = 0;
  const draw = () => {{
    context.fillStyle = "#666";
    context.fillRect(0, 0, {WIDTH}, {HEIGHT});
    cells.forEach((bit, index) => {{
      context.fillStyle = bit ? "#fff" : "#000";
      context.fillRect(index * cell, 0, cell, {HEIGHT // picture_code.STRIP});
    }});
    context.fillStyle = "#ccc";
    context.fillRect((moment++ * 40) % {WIDTH}, {HEIGHT // 2}, 80, 40);
  }};
  draw();
  const stream = screen.captureStream({FPS}), drawing = setInterval(draw, {1000 // FPS});
  const [track] = stream.getVideoTracks(), stop = track.stop.bind(track);
  track.stop = () => {{ clearInterval(drawing); stop(); }};
  return stream;
}};
"""
