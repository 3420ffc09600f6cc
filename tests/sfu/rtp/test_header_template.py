from __future__ import annotations

import pytest

from sfu.rtp.header_template import HeaderTemplate
from sfu.rtp.packet import parse_rtp

FULL = {"mid": (4, "v0"), "audio_level": 1, "abs_send_time": 2, "transport_cc": 3}


@pytest.mark.parametrize(
    ("settings", "extensions"),
    [
        ({}, {}),
        ({"mid": (4, "")}, {}),
        ({"transport_cc": 3}, {3: b"\x01\x02"}),
        ({"transport_cc": 20}, {20: b"\x01\x02"}),
        ({"transport_cc": 3, "mid": (4, "v0")}, {4: b"v0", 3: b"\x01\x02"}),
        ({"mid": (4, "v0")}, {4: b"v0"}),
        ({"mid": (4, "v" * 17)}, {4: b"v" * 17}),
        ({"audio_level": 1}, {1: b"\xa8"}),
        ({"abs_send_time": 2}, {2: b"\x0a\x0b\x0c"}),
        (FULL, {4: b"v0", 1: b"\xa8", 2: b"\x0a\x0b\x0c", 3: b"\x01\x02"}),
        (FULL | {"audio_level": 15}, {4: b"v0", 15: b"\xa8", 2: b"\x0a\x0b\x0c", 3: b"\x01\x02"}),
    ],
)
def test_header_reads_back(settings: dict[str, object], extensions: dict[int, bytes]) -> None:
    template = HeaderTemplate(96, 0xDEADBEEF, **settings)  # type: ignore[arg-type]
    data = template.build(0x80, 65535, 0xFFFFFFFF, 0xA8, 0x0A0B0C, 0x0102)
    packet = parse_rtp(data + b"payload")
    assert (packet.payload_type, packet.marker, packet.ssrc) == (96, True, 0xDEADBEEF)
    assert (packet.sequence_number, packet.timestamp) == (65535, 0xFFFFFFFF)
    assert packet.extensions == extensions
    assert packet.payload == b"payload"
    assert len(data) % 4 == 0
