"""A machine-readable number (0–255) in a picture: a strip of 16 black and white blocks over the upper sixth.

White, black, 8 bits, 4 check bits, black, white. It survives scaling and the loss of VP8 and H.264; a picture without
it, or a mixture of two, reads as None.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
CELLS = 16
STRIP = 6  # the strip is a sixth of the height
DARK, LIGHT = 16, 235
CONTRAST = 60.0


def cells_of(number: int) -> list[int]:
    """The strip for a number: 1 is white."""
    bits = [number >> shift & 1 for shift in range(7, -1, -1)]
    check = checksum(number)
    return [1, 0, *bits, *(check >> shift & 1 for shift in range(3, -1, -1)), 0, 1]


def checksum(number: int) -> int:
    """Four bits that no other near number has."""
    return ((number >> 4) * 7 ^ (number & 15) * 3 ^ 0xA) & 15


def draw(luma: Luma, number: int) -> None:
    """Draw the strip into a luma plane (height × width)."""
    height, width = luma.shape
    bottom = height // STRIP
    for index, bit in enumerate(cells_of(number)):
        luma[:bottom, index * width // CELLS : (index + 1) * width // CELLS] = LIGHT if bit else DARK


def picture(number: int, width: int, height: int, moment: int = 0) -> Luma:
    """A grey picture with the strip and a bar that moves with ``moment``, so that every frame is another."""
    luma = np.full((height, width), 90 + number % 64, np.uint8)
    draw(luma, number)
    top, left = height // 2, moment * max(1, width // 16) % (width - width // 8)
    luma[top : top + height // 8, left : left + width // 8] = 200
    return luma


def read(luma: Luma) -> int | None:
    """The number in a luma plane of any size, or None."""
    height, width = luma.shape
    bottom = height // STRIP
    rows = luma[bottom // 4 : max(bottom // 4 + 1, bottom * 3 // 4)]
    means = []
    for index in range(CELLS):
        left, right = index * width / CELLS, (index + 1) * width / CELLS
        quarter = (right - left) / 4
        first = int(left + quarter)
        means.append(float(rows[:, first : max(first + 1, int(right - quarter))].mean()))
    return decode(means)


def decode(means: list[float]) -> int | None:
    """The number of 16 mean brightnesses."""
    white, black = (means[0] + means[15]) / 2, (means[1] + means[14]) / 2
    if white - black < CONTRAST:
        return None
    middle = (white + black) / 2
    bits = [mean > middle for mean in means]
    if bits[0] != 1 or bits[1] != 0 or bits[14] != 0 or bits[15] != 1:
        return None
    number = sum(bit << shift for bit, shift in zip(bits[2:10], range(7, -1, -1), strict=True))
    check = sum(bit << shift for bit, shift in zip(bits[10:14], range(3, -1, -1), strict=True))
    return number if check == checksum(number) else None


READ_JS = """
(element) => {
  const width = element.videoWidth || element.width, height = element.videoHeight || element.height;
  if (!width || !height) return null;
  const canvas = document.createElement("canvas");
  canvas.width = width; canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(element, 0, 0, width, height);
  const bottom = Math.floor(height / 6), first = Math.floor(bottom / 4), count = Math.max(1, Math.floor(bottom / 2));
  const means = [];
  for (let index = 0; index < 16; index++) {
    const left = (index * width) / 16, cell = width / 16;
    const x = Math.floor(left + cell / 4), w = Math.max(1, Math.floor(cell / 2));
    const pixels = context.getImageData(x, first, w, count).data;
    let sum = 0;
    for (let i = 0; i < pixels.length; i += 4) sum += 0.299 * pixels[i] + 0.587 * pixels[i + 1] + 0.114 * pixels[i + 2];
    means.push(sum / (pixels.length / 4));
  }
  const white = (means[0] + means[15]) / 2, black = (means[1] + means[14]) / 2;
  if (white - black < 60) return null;
  const bits = means.map((mean) => (mean > (white + black) / 2 ? 1 : 0));
  if (bits[0] !== 1 || bits[1] !== 0 || bits[14] !== 0 || bits[15] !== 1) return null;
  let number = 0, check = 0;
  for (let i = 2; i < 10; i++) number = number * 2 + bits[i];
  for (let i = 10; i < 14; i++) check = check * 2 + bits[i];
  const right = (((number >> 4) * 7) ^ ((number & 15) * 3) ^ 10) & 15;
  return check === right ? number : null;
}
"""
"""JavaScript function (element) → number or null, for ``page.evaluate`` with a <video>, <img> or <canvas>."""
