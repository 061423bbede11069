"""What is different in a house that was restored from what it was when its backup was taken.

Nobody is signed in, no engine has a lease (`taking.NOT_KEPT`). Whoever followed a feed in the house's life after the
backup may hold versions that the restored one has yet to give; so its counters pass over them, and say that everything
must be read anew. The chain of the house's audit says what was restored.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text, update
from sqlalchemy.orm import Session

from deploy.backup.contents import Head
from registry import audit
from registry.auth.models import AuthCounter
from registry.clock import Instant, format_instant
from registry.feed.service import pass_over
from registry.room import ROOM

VERSIONS: Final = 1_000_000
"""More changes than one compound sees in years; the columns have room for two thousand restores."""


def resume(connections: Mapping[str, Connection], staging: Path, head: Head, now: Instant) -> None:
    """Let the feeds go on where nobody has been, and write down what was done, if there is a key to write it with."""
    key = staging / "keys" / "audit"
    connection = connections[ROOM.name]
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL search_path TO {ROOM.name}"))
    info = {"room": ROOM, "audit_key": key.read_bytes() if key.exists() else None}
    with Session(connection, info=info) as session:
        pass_over(session, VERSIONS)
        session.execute(update(AuthCounter).values(version=AuthCounter.version + VERSIONS))
        if info["audit_key"] is not None:
            facts = {"taken_at": format_instant(head.taken_at), "product": head.product}
            audit.record(
                session,
                actor="command line",
                action="house-restored",
                site=None,
                subject=f"backup:{head.id}",
                facts=facts,
                now=now,
            )
        session.commit()  # into the transaction of the restore
