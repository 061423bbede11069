"""What a transaction announces: stored with it, sent after it, deleted once the broker has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from pydantic import BaseModel
from sqlalchemy import LargeBinary, String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.store.columns import PositionColumn


class OutboxColumns:
    """The columns of a room's outbox; the order of `position` is the order of sending."""

    position: Mapped[int] = mapped_column(PositionColumn, primary_key=True, autoincrement=True)
    topic: Mapped[str] = mapped_column(String(300))
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    retain: Mapped[bool]
    refused: Mapped[str | None] = mapped_column(String(200), default=None)
    """Why it is set aside: it can never be sent, and waits for a person who looks into it."""


class HasOutbox(Protocol):
    """What the session says of its room."""

    outbox: type[OutboxColumns]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message that is stored and not yet known to be with the broker."""

    position: int
    topic: str
    payload: bytes
    retain: bool


def announce(session: Session, topic: str, payload: BaseModel | bytes, *, retain: bool = False) -> None:
    """Send `payload` on `topic` once the transaction of `session` is committed, and not otherwise.

    An empty payload with `retain` takes back what was retained on the topic.
    """
    outbox = cast("HasOutbox", session.info["room"]).outbox
    body = payload if isinstance(payload, bytes) else payload.model_dump_json(exclude_none=True).encode()
    session.add(outbox(topic=topic, payload=body, retain=retain))  # type: ignore[call-arg]  # mapped by each room


def waiting(session: Session, *, limit: int = 200) -> Sequence[Waiting]:
    """The oldest messages that wait, in order, without those that are set aside."""
    outbox = cast("HasOutbox", session.info["room"]).outbox
    rows = session.execute(
        select(outbox.position, outbox.topic, outbox.payload, outbox.retain)
        .where(outbox.refused.is_(None))
        .order_by(outbox.position)
        .limit(limit)
    )
    return [Waiting(position=p, topic=t, payload=b, retain=r) for p, t, b, r in rows]


def sent(session: Session, positions: Sequence[int]) -> None:
    """Forget the messages that the broker has acknowledged."""
    outbox = cast("HasOutbox", session.info["room"]).outbox
    session.execute(delete(outbox).where(outbox.position.in_(positions)))


def set_aside(session: Session, position: int, why: str) -> None:
    """Keep a message that can never be sent, so that those after it can."""
    outbox = cast("HasOutbox", session.info["room"]).outbox
    session.execute(update(outbox).where(outbox.position == position).values(refused=why[:200]))
