"""Publishes that the broker refused, counted for each account as its log names them, and kept where the pages read them."""

from collections import OrderedDict
from pathlib import Path
from threading import Lock

import structlog

from deploy.folder import write_private
from registry.clock import Clock, SystemClock
from registry.devices.refusals import FILE, TOPIC_SIGNS, RefusedPublishes, read_refusals, written_refusals

log = structlog.get_logger()

_MOST_NAMES = 20_000
"""A client may call itself something else each time; of so many the account is remembered."""


class Refusals:
    """The counts; they go on where an earlier run ended."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self._file = folder / FILE
        self._clock = clock or SystemClock()
        self._lock = Lock()
        self._counts = dict(read_refusals(self._file))
        self._is_saved = True

    def note(self, account: str, topic: str) -> None:
        """One more publish of this account was refused. Of the topic no sign is kept that could play tricks on a page or a log."""
        shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in topic[:TOPIC_SIGNS])
        with self._lock:
            before = self._counts.get(account)
            count = 1 if before is None else before.count + 1
            self._counts[account] = RefusedPublishes(count=count, topic=shown, at=self._clock.now())
            self._is_saved = False
        if before is None:
            log.warning("publish-refused", account=account, topic=shown)

    def save(self) -> None:
        """Write what is new; a disk that is full for a while loses no count."""
        with self._lock:
            if self._is_saved:
                return
            content = written_refusals(self._counts)
            self._is_saved = True
        try:
            write_private(self._file, content)
        except OSError as error:
            log.warning("refusals-not-kept", fault=str(error))
            self._is_saved = False


class Names:
    """Which account a client signed in with, by what the log calls the client; the longest unused are forgotten."""

    def __init__(self) -> None:
        self._accounts: OrderedDict[str, str] = OrderedDict()

    def learn(self, client: str, account: str) -> None:
        self._accounts[client] = account
        self._accounts.move_to_end(client)
        if len(self._accounts) > _MOST_NAMES:
            self._accounts.popitem(last=False)

    def account(self, client: str) -> str | None:
        return self._accounts.get(client)
