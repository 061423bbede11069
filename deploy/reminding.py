"""Reminders that permits end soon: made by the process that has the registry, at its start and then every hour."""

import structlog
from sqlalchemy.exc import SQLAlchemyError

from deploy.rounds import Rounds
from registry.clock import Clock
from registry.permits.reminders import make_reminders
from registry.store import Store

log = structlog.get_logger()

EVERY_SECONDS = 3600.0
"""A reminder is of a day; it may come an hour after midnight."""


class Reminding(Rounds):
    """Makes the reminders that are due; each is made once, whatever was killed or stood still meanwhile."""

    def __init__(self, registry: Store, clock: Clock) -> None:
        super().__init__("permit-reminders", EVERY_SECONDS, self.try_to_remind)
        self._registry = registry
        self._clock = clock

    def start(self) -> None:
        self.try_to_remind()
        super().start()

    def try_to_remind(self) -> None:
        """Make what is due; where the store is away the log says so, and the next hour tries again."""
        now = self._clock.now()
        try:
            with self._registry.begin(now) as work:
                made = make_reminders(work.session, now=now)
        except SQLAlchemyError as error:
            log.warning("reminders-not-made", error=str(error.__cause__ or error))
            return
        if made:
            log.info("permit-reminders-made", count=made)
