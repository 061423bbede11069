"""The recent past that rules need, in memory: rebuilt from the store when it is first asked for, and never trusted further.

It holds what was stored up to one position. After a pass that failed, or with another register, it is begun anew; what is
older than it holds is read from the store. So it decides how long judging takes, and nothing else.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from monitor.anomalies.form import OfSignals, Subject
from monitor.anomalies.screens import Screen
from monitor.anomalies.signals import Signal
from registry.clock import Instant
from registry.devices.facts import Register

MOST = 100_000
"""Signals in memory, some 1 kB each; what was not touched for longest goes first."""
_ROOM = timedelta(minutes=5)
"""What comes later than this after it happened is judged from the store."""
_SETTLED = timedelta(seconds=30)
"""What happened so long ago has been heard of, if nothing is late: signals within 10 s of each other are in any order."""
_ALL = timedelta(minutes=10)
"""For so long all is kept of a subject of which something was late."""
_SWEEP = timedelta(seconds=20)
Load = Callable[[Instant], Sequence[Signal]]
"""Gives all that was stored of a subject since a moment of event time."""


@dataclass(slots=True)
class _Held:
    """`since`: all that happened from then on, and was stored, was shown to the screen."""

    screen: Screen
    since: Instant
    size: int = 0


class Recent:
    """What was heard up to `position`; None: nothing yet."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._held: OrderedDict[tuple[str, Subject], _Held] = OrderedDict()
        self._late: dict[tuple[str, Subject], Instant] = {}
        """Of whom something was late that turned on what had been let go, and when that was heard."""
        self._size = 0
        self._swept: Instant | None = None
        self._position: int | None = None
        self._register: Register | None = None

    def __len__(self) -> int:
        return self._size

    def begin(self, position: int, register: Register) -> None:
        """A pass begins there; what is held of another position or register is let go."""
        if position != self._position or register is not self._register:
            self._held.clear()
            self._size = 0
        self._position, self._register = None, register

    def end(self, position: int) -> None:
        """All signals up to there were shown; without this word the next pass begins anew."""
        self._position = position

    def show(
        self, rule: OfSignals, subject: Subject, signals: Sequence[Signal], now: Instant, load: Load
    ) -> list[Signal]:
        """Keep these signals; gives those that may be part of an occurrence. `load` knows them too."""
        place = (rule.name, subject)
        held = self._held.get(place)
        if held is None:
            held = _Held(rule.screen(), now - 2 * rule.limits.reach - _ROOM)
            for signal in load(held.since):
                held.screen.add(signal)
            self._held[place] = held
        self._held.move_to_end(place)
        # What one of them completes is found by the last of its parts at the latest.
        old = held.since + rule.limits.reach
        found = [(signal, held.screen.add(signal)) for signal in signals]
        self._resize(held)
        if any(may is None for _, may in found):
            self._let_go(place)
            self._late[place] = now
            return list(signals)
        return [signal for signal, may in found if may or signal.occurred_at < old]

    def read(self, rule: OfSignals, subject: Subject, since: Instant, until: Instant) -> list[Signal] | None:
        """What may be part of an occurrence in `since <= occurred_at < until`; None: only the store knows."""
        held = self._held.get((rule.name, subject))
        if held is None or since < held.since:
            return None
        kept = (signal for signal in held.screen.kept() if since <= signal.occurred_at < until)
        return sorted(kept, key=lambda signal: signal.order)

    def sweep(self, now: Instant, keep: Callable[[str], timedelta]) -> None:
        """Forget what is too old; `keep`: how far a rule's signals reach."""
        while self._size > self._most and self._held:
            self._let_go(next(iter(self._held)))
        if self._swept is not None and now - self._swept < _SWEEP:
            return
        self._swept = now
        self._late = {place: heard for place, heard in self._late.items() if now - heard < _ALL}
        for place, held in list(self._held.items()):
            held.since = max(held.since, now - 2 * keep(place[0]) - _ROOM)
            held.screen.forget(held.since, held.since if place in self._late else now - _SETTLED)
            self._resize(held)
            if not held.screen:
                del self._held[place]

    def _let_go(self, place: tuple[str, Subject]) -> None:
        """Have it read from the store, now and when it is needed next."""
        self._size -= self._held.pop(place).size

    def _resize(self, held: _Held) -> None:
        self._size += len(held.screen) - held.size
        held.size = len(held.screen)
