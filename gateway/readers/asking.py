"""Asking the desk for what a reader on a line of ours was shown, as a program that stands at its gate."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import structlog

from gateway.checks.answers import CheckRequest, CredentialShown
from gateway.checks.asking import check_at_desk
from gateway.desk import Desk
from registry.access.facts import CredentialKind, Direction
from registry.access.parts import LanePart
from registry.auth.permissions import Role
from registry.auth.principal import Grant, Principal
from registry.ids import UserId, derived_id, new_id
from registry.messages.reasons import Verdict
from registry.problems import Problem

log = structlog.get_logger()


class Askers:
    """Every reader's asker, in one loop of its own. Whoever may pass finds the lane opening: the desk sees to that."""

    def __init__(self, desk: Desk, show: Callable[[LanePart, Verdict], None]) -> None:
        """Prepare; `show`: is told what was decided, for whoever stands at the reader."""
        self._desk = desk
        self._show = show
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="gateway-readers", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def ask(self, reader: LanePart, kind: CredentialKind, value: str) -> None:
        """Ask, from any thread, and return at once."""
        self._run(self._ask(reader, kind, value))

    def _run(self, asking: Coroutine[Any, Any, None]) -> None:
        try:
            asyncio.run_coroutine_threadsafe(asking, self._loop)
        except RuntimeError:  # we end
            asking.close()

    async def _ask(self, reader: LanePart, kind: CredentialKind, value: str) -> None:
        with suppress(asyncio.CancelledError):
            try:
                request = CheckRequest(
                    attempt_id=new_id(),
                    gate=reader.gate,
                    direction=self._direction(reader),
                    credential=CredentialShown(kind=kind, value=value),
                    lane=reader.lane,
                    reader=reader.name,
                )
                answered = await check_at_desk(request, asker_of(reader), self._desk)
            except Problem as problem:
                log.warning("reader-not-answered", reader=reader.name, why=problem.slug)
            except Exception as error:
                log.exception("reader-not-answered", reader=reader.name, why=repr(error))
            else:
                log.info("reader-answered", reader=reader.name, entry_id=str(answered.entry_id))
                if answered.verdict is not None:
                    self._show(reader, answered.verdict)

    def _direction(self, reader: LanePart) -> Direction:
        """The lane's; of one that is used both ways the first reader is for coming in, the second for going out."""
        gate = self._desk.snapshot.gate(reader.gate)
        lanes = () if gate is None else gate.lanes
        own = next((lane.direction for lane in lanes if lane.id == reader.lane), None)
        return own or (Direction.IN if reader.position == 1 else Direction.OUT)


def asker_of(reader: LanePart) -> Principal:
    """As whom a reader asks: a program of its gate."""
    return Principal(
        id=UserId(derived_id("reader", reader.name)),
        name=f"reader:{reader.name}",
        grants=frozenset({Grant(Role.READER, reader.site, gate=reader.gate)}),
        is_program=True,
    )
