"""What a client wants to hear and what the broker has granted: a refused filter is asked for again until it is granted."""

import threading
from collections.abc import Collection, Iterable, Sequence

import structlog
from paho.mqtt.client import Client
from paho.mqtt.reasoncodes import ReasonCode

log = structlog.get_logger()

ASK_AGAIN_SECONDS = 1.0
"""A right that is granted later is used this soon: the register may tell us of a device before the broker knows it."""


class Subscriptions:
    """The bookkeeping of one client's subscriptions; its methods may be called from any thread."""

    def __init__(self, client: Client, name: str) -> None:
        self._client = client
        self._name = name
        self._changed = threading.Condition()
        self._connected = False
        self._wanted: frozenset[str] = frozenset()
        self._granted: set[str] = set()
        self._refused: frozenset[str] = frozenset()
        self._asked: dict[int, Sequence[str]] = {}
        self._again: threading.Timer | None = None

    @property
    def missing(self) -> frozenset[str]:
        """The filters that the broker has not granted, or not yet; all of them while there is no connection."""
        with self._changed:
            return self._wanted - self._granted

    def wait_for(self, filters: Collection[str], timeout_seconds: float) -> bool:
        """Wait until the broker has granted these; False when it has not by then."""
        with self._changed:
            return self._changed.wait_for(lambda: self._granted.issuperset(filters), timeout_seconds)

    def want(self, filters: Iterable[str]) -> None:
        """Hear these from now on, and nothing else; what stays is not interrupted."""
        wanted = frozenset(filters)
        with self._changed:
            added, removed = wanted - self._wanted, self._wanted - wanted
            self._wanted = wanted
            self._granted -= removed
            self._refused -= removed
            if self._connected:
                if removed:
                    self._client.unsubscribe(sorted(removed))
                self._ask(added)

    def begin(self) -> None:
        """There is a new connection: everything is asked for anew."""
        with self._changed:
            self._forget()
            self._connected = True
            self._ask(self._wanted)

    def end(self) -> None:
        """The connection is gone."""
        with self._changed:
            self._forget()
            self._connected = False

    def answered(self, number: int, reasons: Sequence[ReasonCode]) -> None:
        """The broker's answer to one question of ours, a reason for each filter."""
        with self._changed:
            asked = self._asked.pop(number, ())
            for topic, reason in zip(asked, reasons, strict=False):
                if topic in self._wanted and not reason.is_failure:
                    self._granted.add(topic)
            self._tell(frozenset(asked))
            self._changed.notify_all()
            if self._refused and self._again is None:
                self._again = threading.Timer(ASK_AGAIN_SECONDS, self._ask_again)
                self._again.daemon = True
                self._again.start()

    def _tell(self, answered: frozenset[str]) -> None:
        refused = ((self._refused | answered) & self._wanted) - self._granted
        if refused - self._refused:
            log.error("subscription-refused", client=self._name, filters=sorted(refused - self._refused))
        if self._refused - refused:
            log.info("subscription-granted-at-last", client=self._name, filters=sorted(self._refused - refused))
        self._refused = refused

    def _ask_again(self) -> None:
        with self._changed:
            self._again = None
            if self._connected:
                self._ask(self._refused)

    def _ask(self, filters: Iterable[str]) -> None:
        topics = sorted(filters)
        if not topics:
            return
        _, number = self._client.subscribe([(topic, 1) for topic in topics])
        if number is not None:
            self._asked[number] = topics

    def _forget(self) -> None:
        self._granted.clear()
        self._refused = frozenset()
        self._asked.clear()
        if self._again is not None:
            self._again.cancel()
            self._again = None
