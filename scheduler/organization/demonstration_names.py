"""Invented names for the demonstration: plausible for the peoples of Hà Giang, the same at every filling."""

from __future__ import annotations

import random

_PEOPLES: tuple[tuple[int, str, str, str, str], ...] = (
    # weight, families, men's middle names, women's middle names, given names
    (
        34,
        "Vàng Giàng Sùng Thào Vừ Lầu Ly Mua Cháng Hầu Cư Ma",
        "A Mí Văn Minh",
        "Thị",
        "Sính Páo Chứ Pó Dình Vư Sùng Say Lình Tủa Nô Chá Mỷ Dính Phà",
    ),
    (
        22,
        "Nông Hoàng Nguyễn Lý Đàm La Ma Mai",
        "Văn Đức Quang Minh",
        "Thị Thu Bích",
        "Hùng Tuấn Thành Kiên Thắng Duyên Hiền Lan Nghĩa Thuận Khánh Huyền",
    ),
    (
        16,
        "Triệu Phàn Lý Bàn Đặng Tẩn Chảo",
        "Văn Chòi Mùi Sành",
        "Thị Mùi",
        "Chiêu Liều Quyên Phin Vảng Hưởng Sơn Nga Chàn Tâm Phú",
    ),
    (
        10,
        "Lù Vương Hoàng Nùng Tải Lộc Sần",
        "Văn Đức Seo",
        "Thị",
        "Thương Phúc Phủ Dìn Hòa Thủy Dũng Thanh Hội Yến",
    ),
    (6, "Long Vương Lùng Ly", "Văn Đức", "Thị", "Chiến Khìn Thông Xuân Hạnh Phượng"),
    (4, "Lò Sình Doãn Vàng", "Dỉ Mí Văn", "Thị", "Trấn Gai Hồng Khai Sính Thắm"),
    (
        8,
        "Nguyễn Trần Phạm Lê Đỗ Vũ Bùi",
        "Văn Hữu Mạnh Quốc",
        "Thị Thanh Ngọc",
        "Hải Nam Bình Long Hoa Hương Trang Đức Sơn Quỳnh Mai Việt",
    ),
)
_WEIGHTS = [people[0] for people in _PEOPLES]


class Names:
    """Hands out names, none twice; with the same seed the same names in the same order."""

    def __init__(self, seed: int = 2025) -> None:
        self._random = random.Random(seed)
        self._used: set[str] = set()

    def next(self) -> str:
        """A name not handed out before."""
        while True:
            name = self._compose()
            if name not in self._used:
                self._used.add(name)
                return name

    def _compose(self) -> str:
        _, families, men, women, given = self._random.choices(_PEOPLES, weights=_WEIGHTS)[0]
        middles = women if self._random.random() < 0.4 else men
        family, middle, last = (self._random.choice(words.split()) for words in (families, middles, given))
        return f"{family} {middle} {last}"
