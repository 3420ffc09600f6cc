"""What a batch must be to be believed: from its own side of the link, unbroken, sealed by its origin. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scheduler.nodes.key import holds
from scheduler.proceedings import chain
from scheduler.proceedings.chain import Head
from scheduler.proceedings.errors import Malformed, UnknownType
from scheduler.proceedings.facts import Fact, LogId
from scheduler.proceedings.wire import fact_from_json
from scheduler.replication.errors import (
    BadSeal,
    BrokenChain,
    ForeignOrigin,
    Forked,
    Gap,
    MalformedFrame,
    Parked,
    StaleEpoch,
)
from scheduler.replication.frames import Batch

LARGEST_FACT = 220 * 1024


@dataclass(frozen=True, slots=True)
class Held:
    """What we have of a log, and the newest epoch of it we know."""

    head: Head
    newest_epoch: int = 0


def words_of_seal(log: LogId, seq: int, fact_hash: str) -> bytes:
    """What an origin signs: its log up to this fact, which by its hash means all before it."""
    return f"giaoban seals\n{log.origin}\n{log.meeting_id}\n{log.epoch}\n{seq}\n{fact_hash}".encode()


def check_batch(batch: Batch, allowed: Mapping[str, str], keys: Mapping[str, str], held: Held) -> list[Fact]:
    """The new facts in a batch, to be stored as they are; none when all were known. Raises a PeerFault, or Parked.

    ``allowed``: meetings whose logs come over this link → the node whose log it is; ``keys``: of the nodes behind it.
    """
    log = batch.log
    if log.origin not in keys or allowed.get(log.meeting_id, log.origin) != log.origin:
        raise ForeignOrigin(f"{log.origin} meeting {log.meeting_id}")
    if log.meeting_id not in allowed:
        raise Parked("unknown_meeting", log.meeting_id)
    if not holds(keys[log.origin], batch.seal.signature, words_of_seal(log, batch.seal.seq, batch.seal.hash)):
        raise BadSeal(f"{log.origin} meeting {log.meeting_id} fact {batch.seal.seq}")
    facts = [_fact(value, batch) for value in batch.facts]
    _check_order(facts, batch)
    new = [fact for fact in facts if fact.seq > held.head.seq]
    _check_start(facts, new, held)
    if defects := chain.verify(facts, log, begins_at=facts[0].seq):
        raise BrokenChain(f"{log.origin} meeting {log.meeting_id}: {defects[0].message}")
    return new


def _fact(value: Any, batch: Batch) -> Fact:
    try:
        fact = fact_from_json(value)
    except UnknownType as unknown:
        raise Parked("unknown_fact", str(unknown)) from unknown
    except Malformed as malformed:
        raise MalformedFrame(str(malformed)[:200]) from malformed
    if len(fact.id) > 36 or len(json.dumps(value, ensure_ascii=False)) > LARGEST_FACT:
        raise MalformedFrame("a fact out of size")
    if fact.log != batch.log:
        raise ForeignOrigin(f"a fact of {fact.log.origin} in a batch of {batch.log.origin}")
    return fact


def _check_order(facts: list[Fact], batch: Batch) -> None:
    first = facts[0].seq
    if [fact.seq for fact in facts] != list(range(first, first + len(facts))):
        raise MalformedFrame("facts out of order")
    if (facts[-1].seq, facts[-1].hash) != (batch.seal.seq, batch.seal.hash):
        raise BadSeal("the seal is not of the last fact")


def _check_start(facts: list[Fact], new: list[Fact], held: Held) -> None:
    head = held.head
    where = f"{head.log.origin} meeting {head.log.meeting_id} epoch {head.log.epoch}"
    for fact in facts:
        if fact.seq == head.seq and fact.hash != head.hash:
            raise Forked(f"{where} fact {fact.seq}: another one than before")
    if not new:
        return
    if new[0].seq != head.seq + 1:
        raise Gap(f"{where}: {head.seq} is followed by {new[0].seq}")
    if new[0].prev_hash != head.hash:
        raise Forked(f"{where} fact {new[0].seq} does not follow ours")
    if head.log.epoch < held.newest_epoch:
        raise StaleEpoch(f"{where} goes on, though epoch {held.newest_epoch} has begun")
