"""Gauges of links: what a scrape reads of sockets and media legs; one that is gone is gone from it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from prometheus_client import CollectorRegistry, generate_latest

from web.link.service import LinkStatus
from web.link_measures import LinkMeasures, NodeLink, legs_by_node
from web.media.messages import LinkStats, MediaStats

UP = LinkStats("district/room-2", "room-1", "upper", "up", 40.0, 1000, 3000, 0.02, 2_000_000)
LOST = LinkStats("room-1", "room-1", "lower", "lost", None, 5, 6, 0.5)


def media() -> dict[str, MediaStats]:
    return {"media-1": MediaStats({}, {}, (UP, LOST))}


def test_what_a_scrape_reads() -> None:
    registry = CollectorRegistry()
    measures = LinkMeasures(registry)
    status = LinkStatus(True, None, 40, 90_000, 1, 7, bytes_in=100, bytes_out=200)
    measures.note([NodeLink("district", "lower", status), NodeLink("central", "upper", LinkStatus())], media())
    text = generate_latest(registry).decode()
    for line in (
        'giaoban_link_up{node="district",role="lower"} 1.0',
        'giaoban_link_up{node="central",role="upper"} 0.0',
        'giaoban_link_rtt_ms{node="district",role="lower"} 40.0',
        'giaoban_link_facts_waiting{node="district",role="lower"} 7.0',
        'giaoban_link_bytes_total{node="district",role="lower",way="out"} 200.0',
        'giaoban_media_link_up{link="room-1",side="lower",worker="media-1"} 0.0',
        'giaoban_media_link_loss_out{link="district/room-2",side="upper",worker="media-1"} 0.02',
        'giaoban_media_link_bytes_total{link="district/room-2",side="upper",way="in",worker="media-1"} 1000.0',
    ):
        assert line in text, line
    assert 'rtt_ms{node="central"' not in text, "not known"
    measures.note([], {})
    assert "district" not in generate_latest(registry).decode()


def test_legs_belong_to_the_installation_at_the_other_end() -> None:
    room: Any = SimpleNamespace(planned=SimpleNamespace(above=SimpleNamespace(node_id="central")))
    found = legs_by_node(cast(Any, {"room-1": room}), media())
    assert (found["district"]["legs_up"], found["district"]["bytes_out"]) == (1, 3000)
    assert (found["central"]["legs_up"], found["central"]["loss_out"]) == (0, 0.5)
    assert legs_by_node({}, media()).keys() == {"district"}, "a leg inside this installation is no link"
