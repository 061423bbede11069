"""Keeping messages, whoever brought them: all in one transaction, and one that the store refuses is set aside."""

from collections.abc import Sequence
from dataclasses import fields

import structlog
from sqlalchemy.exc import SQLAlchemyError

from monitor.signals import service
from monitor.signals.messages import Message
from monitor.signals.queries import Totals
from registry.clock import Clock
from registry.devices.facts import Register
from registry.store import Store
from registry.store.faults import UNAVAILABLE

log = structlog.get_logger()


def keep(store: Store, clock: Clock, messages: Sequence[Message], register: Register) -> Totals:
    """Keep a batch; gives what it was.

    Raises:
        OperationalError: or another of `UNAVAILABLE`: the store is full or away, and the batch may be brought again.

    """
    try:
        with store.begin_beside(clock.now()) as work:
            return service.take_in(work.session, messages, register)
    except UNAVAILABLE:
        raise
    except SQLAlchemyError as error:
        # The store is well and one message is not: each gets a transaction of its own, and that one is set aside.
        log.warning("inbox-batch-refused", messages=len(messages), error=str(error.__cause__ or error))
        if len(messages) > 1:
            return _sum([keep(store, clock, [message], register) for message in messages])
        with store.begin_beside(clock.now()) as work:
            return service.set_aside(work.session, messages[0], type(error.__cause__ or error).__name__)


def _sum(those: Sequence[Totals]) -> Totals:
    return Totals(**{field.name: sum(getattr(one, field.name) for one in those) for field in fields(Totals)})
