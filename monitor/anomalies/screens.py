"""What a rule keeps of one subject in memory, so that a signal that can complete nothing costs next to nothing.

A screen may let through too much, never too little: what it lets through is judged by the rule itself. Without signals
that it did not let through, and without those of the past that it does not keep, the rule finds the same.
"""

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from operator import attrgetter
from typing import Protocol

from monitor.alarms.findings import SignalKey
from monitor.anomalies.signals import Signal
from registry.clock import Instant
from registry.messages.events import Phase

BRIEF = timedelta(seconds=60)
"""Spans that last no longer are looked up; the few others are looked through."""
_at = attrgetter("occurred_at")
_ROUNDED = 1e-5
"""Seconds by which a moment may differ from itself as a number."""


class Screen(Protocol):
    """The recent past of one subject for one rule."""

    def add(self, signal: Signal) -> bool | None:
        """Keep a signal, once; whether it may be part of an occurrence, as far as is known now.

        None: that turns on what was let go, and only the store knows.
        """

    def kept(self) -> Iterable[Signal]:
        """All that may be part of an occurrence, or decide whether there is one; in any order."""

    def forget(self, before: Instant, settled: Instant) -> None:
        """Let go of what lies wholly before that moment; it may keep some of it.

        What happened before `settled` is hardly heard of any more: what could only become part of an occurrence with
        something so late may be let go too.
        """

    def __len__(self) -> int:
        """How many signals are in memory for it."""

    def __bool__(self) -> bool:
        """Whether it knows anything."""


class AtLeast:
    """For a rule that needs so many signals of a subject before there is anything to find."""

    def __init__(self, least: int) -> None:
        self._least = least
        self._signals: dict[SignalKey, Signal] = {}

    def add(self, signal: Signal) -> bool:
        self._signals[signal.key] = signal
        return len(self._signals) >= self._least

    def kept(self) -> Iterable[Signal]:
        return self._signals.values()

    def forget(self, before: Instant, settled: Instant) -> None:
        self._signals = {key: each for key, each in self._signals.items() if each.occurred_at >= before}

    def __len__(self) -> int:
        return len(self._signals)

    def __bool__(self) -> bool:
        return bool(self._signals)


@dataclass(slots=True, eq=False)
class Span:
    """An activity, from its first start to its last end at the latest; `number` only makes places unique."""

    number: int
    begins: Instant | None = None
    ends: Instant | None = None
    signals: list[Signal] = field(default_factory=list)


class Spans:
    """Activities as `monitor.anomalies.signals.activities` finds them, one signal after the other.

    `longest`: an end is believed so long after its start; `unended`: how long an activity may count whose end is not known.
    """

    def __init__(self, *, longest: timedelta, unended: timedelta) -> None:
        self._longest, self._unended = longest, unended
        self._numbers = count()
        self._spans: dict[object, Span] = {}
        self._brief: list[tuple[Instant, int, Span]] = []
        self._lasting: dict[int, Span] = {}
        self._met: dict[int, Span] = {}
        self._gone = array("d")
        """When those were that were let go early, in order: a hundredth of their memory."""
        self.size = 0
        """Signals in memory."""

    def add(self, signal: Signal) -> Span | None:
        """The span that a signal belongs to; None: it says nothing that could be relied on, or not yet."""
        said = signal.data
        if _is_at_once(signal):
            name: object = signal.key
        elif said.activity:
            name = (signal.device, signal.type, said.activity)
        else:
            return None
        span = self._spans.get(name)
        if span is None:
            span = self._spans[name] = Span(next(self._numbers))
        elif any(each.key == signal.key for each in span.signals):
            return span if span.begins is not None else None
        self._take_out(span)
        span.signals.append(signal)
        self.size += 1
        self._measure(span)
        self._put_in(span)
        return span if span.begins is not None else None

    def _measure(self, span: Span) -> None:
        starts = [each.occurred_at for each in span.signals if each.data.state is not Phase.END]
        if starts:
            span.begins = min(starts)
            until = span.begins + self._longest
            ends = [each.occurred_at for each in span.signals if each.data.state is Phase.END]
            ended = max((each for each in ends if span.begins <= each <= until), default=None)
            at_once = span.signals[0].data.state is Phase.INSTANT or not span.signals[0].data.activity
            span.ends = ended or (span.begins if at_once else span.begins + self._unended)

    def _place(self, span: Span) -> tuple[Instant, int, Span] | None:
        if span.begins is None or span.ends is None or span.ends - span.begins > BRIEF:
            return None
        return (span.begins, span.number, span)

    def _put_in(self, span: Span) -> None:
        if (place := self._place(span)) is not None:
            insort(self._brief, place, key=_before)
        elif span.begins is not None:
            self._lasting[span.number] = span

    def _take_out(self, span: Span) -> None:
        if (place := self._place(span)) is not None:
            del self._brief[bisect_left(self._brief, _before(place), key=_before)]
        self._lasting.pop(span.number, None)

    def meeting(self, since: Instant, until: Instant) -> list[Span]:
        """The spans that have a moment of `since <= moment <= until`."""
        first = bisect_left(self._brief, since - BRIEF, key=_begins)
        last = bisect_right(self._brief, until, key=_begins)
        near = [span for _, _, span in self._brief[first:last]]
        return [each for each in (*near, *self._lasting.values()) if _meets(each, since, until)]

    def __bool__(self) -> bool:
        return bool(self._spans or self._gone)

    def had(self, since: Instant, until: Instant) -> bool:
        """Whether one was let go early that would be among those that meet this."""
        first = bisect_left(self._gone, since.timestamp() - _ROUNDED)
        return first < len(self._gone) and self._gone[first] <= until.timestamp() + _ROUNDED

    def meet(self, spans: Iterable[Span]) -> None:
        """Remember that these met something."""
        self._met |= {each.number: each for each in spans}

    def kept(self) -> Iterator[Signal]:
        """The signals of the spans that met something."""
        for span in self._met.values():
            yield from span.signals

    def forget(self, before: Instant) -> None:
        """Let go of the spans that were over before that moment."""
        for name, span in list(self._spans.items()):
            if (span.ends or max(map(_at, span.signals))) < before and max(map(_at, span.signals)) < before:
                self._take_out(span)
                del self._spans[name]
                self._met.pop(span.number, None)
                self.size -= len(span.signals)
        del self._gone[: bisect_left(self._gone, before.timestamp())]

    def let_go(self, before: Instant) -> None:
        """Keep of those that happened at once before that moment, and have met nothing, only when it was.

        The others may still last longer by what is heard of them.
        """
        last = bisect_left(self._brief, before, key=_begins)
        early, rest = self._brief[:last], self._brief[last:]
        kept = []
        for place in early:
            moment, number, span = place
            if number in self._met or not _is_at_once(span.signals[0]):
                kept.append(place)
            else:
                del self._spans[span.signals[0].key]
                self.size -= len(span.signals)
                insort(self._gone, moment.timestamp())
        self._brief = kept + rest


def _is_at_once(signal: Signal) -> bool:
    """Whether no other signal tells of the same activity."""
    said = signal.data
    return said.state is Phase.INSTANT or (said.state is Phase.START and not said.activity)


def _before(place: tuple[Instant, int, Span]) -> tuple[Instant, int]:
    return place[:2]


def _begins(place: tuple[Instant, int, Span]) -> Instant:
    return place[0]


def _meets(span: Span, since: Instant, until: Instant) -> bool:
    return span.begins is not None and span.ends is not None and span.begins <= until and span.ends >= since
