"""The plane in readable Python: what a native one is compared with, and good enough for a meeting. See CONTRACT.md.

``receive`` opens a datagram and hands RTP to its ``Encoding`` and on to every ``Consumer``, RTCP to ``_receive_rtcp``.
This module finds who is meant, keeps the tables and the timers; what to do with a packet is decided in encoding.py,
consumer.py, reports.py and ``sfu.rtp``.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from ..rtp.packet import is_rtcp
from ..rtp.rewriter import ALL_LAYERS
from ..rtp.rtcp import Bye, ReceiverReport, serialize_compound
from .budgets import Budgets
from .consumer import Consumer
from .delivery import begin_route
from .encoding import Encoding
from .errors import BadSettings
from .feedback import REPORT_SECONDS, receive_rtcp, schedule_reports
from .ingress import receive_rtp, receive_rtp_from_elsewhere, tell_of_stranger
from .pace import LEAST_BITRATE, Pace
from .pacing import resume
from .plane import (
    Address,
    ConsumerSettings,
    ConsumerStats,
    EncodingSettings,
    EncodingStats,
    ExtensionIds,
    PlaneEvent,
    PlaneStats,
    SrtpKeys,
)
from .probing import MAX_CLUSTER, MAX_PROBE, Probe, begin_probe
from .redundancy import MAX_LEVELS
from .repair import want_keyframe
from .repeating import MAX_COPIES
from .srtp import SrtpContext
from .state import State
from .transport import Departed, Transport

__all__ = ["ReferencePlane"]

MAX_DEPARTED = 256  # outbound SSRCs of one transport whose end is remembered


class ReferencePlane:
    """Keeps ``Plane``. Sans-IO: time comes with ``receive`` and ``handle_timeout``."""

    def __init__(self, random: Random | None = None, budgets: Budgets | None = None) -> None:
        self._state = State(random or Random(), budgets=budgets or Budgets())

    # -- transports

    def add_transport(self, transport: int) -> None:
        state = self._state
        if transport in state.transports:
            raise BadSettings(f"transport {transport} is there already")
        made = Transport(transport, state.outbox, state.stats, state.random)
        state.transports[transport] = made
        schedule_reports(state, made, REPORT_SECONDS * state.random.uniform(0.5, 1.0))  # not all at once

    def set_keys(self, transport: int, keys: SrtpKeys) -> None:
        found = self._state.transports[transport]
        found.srtp = SrtpContext(keys)
        found.departed.clear()  # numbers may be used again under other keys

    def set_address(self, transport: int, address: Address) -> None:
        found = self._state.transports[transport]
        if found.address is not None and self._state.by_address.get(found.address) is found:
            del self._state.by_address[found.address]
        found.address = address
        self._state.by_address[address] = found

    def set_receive_extensions(self, transport: int, ids: ExtensionIds) -> None:
        self._state.transports[transport].receive_ids = ids

    def set_pace(self, transport: int, bitrate: int | None) -> None:
        found, now = self._state.transports[transport], self._state.clock.now
        if bitrate is not None and bitrate < LEAST_BITRATE:
            raise BadSettings(f"nothing can be sent at {bitrate} bit/s")
        if bitrate is None:
            found.pace = None
        elif found.pace is None:
            found.pace = Pace(bitrate, now)
        else:
            found.pace.change(bitrate, now)
        if bitrate is None or not found.pace_due:
            resume(self._state, found)

    def probe(self, transport: int, cluster: int, bitrate: int, size: int) -> None:
        found = self._state.transports[transport]
        if not 1 <= cluster <= MAX_CLUSTER or bitrate < LEAST_BITRATE or not 1 <= size <= MAX_PROBE:
            raise BadSettings(f"no probe {cluster} of {size} bytes at {bitrate} bit/s")
        begin_probe(self._state, found, Probe(cluster, bitrate / 8, size, self._state.clock.now))

    def remove_transport(self, transport: int) -> None:
        found = self._state.transports.pop(transport)
        for encoding in [one for one in self._state.encodings.values() if one.transport is found]:
            self.remove_encoding(encoding.handle)
        for consumer in list(found.consumers.values()):
            self.remove_consumer(consumer.handle)
        found.closed = True
        if found.address is not None and self._state.by_address.get(found.address) is found:
            del self._state.by_address[found.address]

    # -- inbound

    def add_encoding(self, encoding: int, settings: EncodingSettings) -> None:
        transport = self._state.transports[settings.transport]
        if encoding in self._state.encodings:
            raise BadSettings(f"encoding {encoding} is there already")
        for ssrc in (settings.ssrc, settings.rtx_ssrc):
            if ssrc in transport.streams:
                raise BadSettings(f"SSRC {ssrc} of transport {settings.transport} is taken")
        made = Encoding(encoding, settings, transport)
        self._state.encodings[encoding] = made
        self._listen(made, settings.ssrc, False)
        if settings.rtx_ssrc is not None:
            self.set_rtx_ssrc(encoding, settings.rtx_ssrc)
        for ssrc, stranger in transport.strangers.items():
            if (
                stranger.repaired_rid is not None
            ):  # a browser's first packet is a repair stream's, before its encoding's
                tell_of_stranger(self._state, transport, ssrc)

    def set_rtx_ssrc(self, encoding: int, rtx_ssrc: int) -> None:
        found = self._state.encodings[encoding]
        present = found.transport.streams.get(rtx_ssrc)
        if present is not None:
            if present == (found, True):
                return
            raise BadSettings(f"SSRC {rtx_ssrc} of transport {found.transport.handle} is taken")
        if found.rtx_statistics is not None:
            self._unlisten(found, found.rtx_statistics.ssrc)
        found.listen_for_rtx(rtx_ssrc)
        self._listen(found, rtx_ssrc, True)

    def remove_encoding(self, encoding: int) -> None:
        found = self._state.encodings.pop(encoding)
        for consumer in found.waiting.copy():
            self._unwait(consumer)  # another layer may go on
        for consumer in found.carriers.copy():
            consumer.leave()
        found.update_ring()
        self._unlisten(found, found.settings.ssrc)
        if found.rtx_statistics is not None:
            self._unlisten(found, found.rtx_statistics.ssrc)
        found.removed = True

    def pause_encoding(self, encoding: int, paused: bool) -> None:
        found = self._state.encodings[encoding]
        if found.paused == paused:
            return
        found.paused = paused
        for consumer in list(found.carriers):
            consumer.leave()
            if consumer.pending is None:
                consumer.pending = found
                found.waiting.append(consumer)
        found.update_ring()
        if not paused and found.waiting:
            want_keyframe(self._state, found)

    def set_reported_loss(self, encoding: int, fraction: float | None) -> None:
        found = self._state.encodings[encoding]
        if fraction is not None and not 0 <= fraction <= 1:
            raise BadSettings(f"{fraction} is no loss")
        found.reported_loss = min(255, int((fraction or 0) * 256))

    def _listen(self, encoding: Encoding, ssrc: int, is_rtx: bool) -> None:
        transport = encoding.transport
        transport.streams[ssrc] = (encoding, is_rtx)
        transport.strangers.pop(ssrc, None)
        self._state.by_ssrc.setdefault(ssrc, []).append(transport)

    def _unlisten(self, encoding: Encoding, ssrc: int) -> None:
        encoding.transport.streams.pop(ssrc, None)
        owners = self._state.by_ssrc[ssrc]
        owners.remove(encoding.transport)
        if not owners:
            del self._state.by_ssrc[ssrc]

    # -- outbound

    def add_consumer(self, consumer: int, settings: ConsumerSettings) -> None:
        if consumer in self._state.consumers:
            raise BadSettings(f"consumer {consumer} is there already")
        transport = None if settings.transport == -1 else self._state.transports[settings.transport]
        if (transport is None) == (settings.sink is None):
            raise BadSettings(f"consumer {consumer} needs either a transport or a sink")
        if transport is not None and settings.ssrc in transport.consumers:
            raise BadSettings(f"SSRC {settings.ssrc} of transport {settings.transport} is taken")
        made = Consumer(consumer, settings, transport, self._state)
        self._state.consumers[consumer] = made
        if transport is not None:
            departed = transport.departed.pop(settings.ssrc, None)
            if departed is not None:
                made.resume(departed)
            transport.consumers[settings.ssrc] = made

    def set_route(self, consumer: int, encoding: int | None) -> None:
        found = self._state.consumers[consumer]
        if encoding is None:
            self._stop(found)
            return
        wanted = self._state.encodings[encoding]
        if wanted.settings.codec != found.settings.codec:
            raise BadSettings(f"{wanted.settings.codec} cannot go out as {found.settings.codec}")
        if found.pending is wanted or (found.pending is None and found.carried is wanted):
            return
        self._unwait(found)
        if found.carried is wanted:
            return
        if found.carried is not None and not _same_picture(found.carried, wanted):
            self._stop(found)
        found.pending = wanted
        wanted.waiting.append(found)
        wanted.update_ring()
        begin_route(self._state, found, wanted)

    def set_rate(self, consumer: int, bitrate: int | None) -> None:
        self._state.consumers[consumer].rate = bitrate

    def set_temporal(self, consumer: int, highest: int | None) -> None:
        found = self._state.consumers[consumer]
        if highest is not None and not 0 <= highest <= ALL_LAYERS:
            raise BadSettings(f"there is no temporal layer {highest}")
        found.temporal = ALL_LAYERS if highest is None else highest

    def set_redundancy(self, consumer: int, levels: int) -> None:
        found = self._state.consumers[consumer]
        if not 0 <= levels <= MAX_LEVELS:
            raise BadSettings(f"{levels} earlier packets are not sent again")
        if levels and (
            found.settings.codec != "opus" or found.settings.red_payload_type is None or not found.transport
        ):
            raise BadSettings(f"consumer {consumer} takes no RED")
        found.levels = levels

    def set_repair_copies(self, consumer: int, copies: int) -> None:
        found = self._state.consumers[consumer]
        if not 1 <= copies <= MAX_COPIES:
            raise BadSettings(f"no packet is sent again {copies} times at once")
        found.repair_copies = copies

    def remove_consumer(self, consumer: int) -> None:
        found = self._state.consumers.pop(consumer)
        self._stop(found)
        transport = found.transport
        if transport is None:
            return
        del transport.consumers[found.settings.ssrc]
        last = found.rewriter.last
        step = found.rewriter.min_step
        departed = Departed(last.index + 1, last.timestamp + step & 0xFFFFFFFF, found.next_rtx_index)
        if len(transport.departed) < MAX_DEPARTED:
            transport.departed[found.settings.ssrc] = departed
        if found.stats.packets:
            bye = Bye((found.settings.ssrc,))
            transport.send_rtcp(serialize_compound([ReceiverReport(transport.local_ssrc), bye]))

    def _unwait(self, consumer: Consumer) -> None:
        pending = consumer.pending
        if pending is not None:
            pending.waiting.remove(consumer)
            consumer.pending = None
            pending.update_ring()

    def _stop(self, consumer: Consumer) -> None:
        self._unwait(consumer)
        carried = consumer.carried
        consumer.leave()
        if carried is not None:
            carried.update_ring()

    # -- control packets

    def send_rtcp(self, transport: int, data: bytes) -> None:
        self._state.transports[transport].send_rtcp(data)

    def send_raw(self, address: Address, data: bytes) -> None:
        self._state.outbox.append((data, address))

    # -- counters

    def encoding_stats(self, encoding: int) -> EncodingStats:
        found = self._state.encodings[encoding]
        return found.read_stats(self._state.clock.now)

    def consumer_stats(self, consumer: int) -> ConsumerStats:
        return self._state.consumers[consumer].stats

    def stats(self) -> PlaneStats:
        return self._state.stats

    # -- driven by the shell

    def receive(self, datagrams: Sequence[tuple[bytes, Address, int]], now: float) -> None:
        state = self._state
        state.clock.advance(now)
        state.stats.datagrams_in += len(datagrams)
        if datagrams:
            state.clock.hear_arrival(datagrams[-1][2])
        by_address = state.by_address
        for data, address, arrival_ns in datagrams:
            transport = by_address.get(address)
            if len(data) < 12 or data[0] >> 6 != 2:
                state.count("malformed")
            elif not is_rtcp(data):
                if transport is None:
                    receive_rtp_from_elsewhere(state, data, address, arrival_ns)
                else:
                    receive_rtp(state, transport, data, arrival_ns)
            elif transport is None:
                state.stats.dropped_unknown_address += 1
            else:
                receive_rtcp(state, transport, data, arrival_ns)

    def handle_timeout(self, now: float) -> None:
        self._state.clock.advance(now)
        self._state.timers.run(now)

    def next_timeout(self) -> float | None:
        return self._state.timers.next_due()

    def packets_to_send(self) -> list[tuple[bytes, Address]]:
        outbox = self._state.outbox
        packets = outbox.copy()
        outbox.clear()
        self._state.stats.datagrams_out += len(packets)
        return packets

    def events(self) -> list[PlaneEvent]:
        events, self._state.events = self._state.events, []
        return events


def _same_picture(one: Encoding, other: Encoding) -> bool:
    return one.settings.producer is not None and one.settings.producer == other.settings.producer
