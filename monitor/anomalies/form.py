"""The form of a rule. A rule is one file of this folder, named for it (`b02_….py`), whose `RULE` describes it.

`monitor.anomalies.catalogue` finds the files; nothing else names a rule. There are three kinds: what signals show, what
was not heard in time, and what nobody looked at. All are pure: the same signals and the same stored times find the same.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

from monitor.alarms.findings import Finding, SignalKey
from monitor.anomalies.incidents import Cluster, Occurrence
from monitor.anomalies.screens import AtLeast, Screen
from monitor.anomalies.signals import Signal
from monitor.anomalies.world import World
from registry.clock import Instant
from registry.ids import AlarmId, DeviceAddress, SiteId

S = TypeVar("S")


class Limits(Protocol):
    """The thresholds of a rule that finds incidents: a frozen dataclass, each with its default, unit and source."""

    @property
    def reach(self) -> timedelta:
        """Signals further from an occurrence than this cannot concern it."""

    @property
    def gap(self) -> timedelta:
        """Occurrences that are no further apart are one incident."""


class Subject(NamedTuple):
    """What incidents are told apart by: a zone, a vehicle."""

    site: SiteId
    key: str


class Deadline(NamedTuple, Generic[S]):
    """At this moment of stored time a rule looks at a subject, whatever was heard. `key` tells subjects apart."""

    at: Instant
    site: SiteId
    key: str
    subject: S


class Reading(NamedTuple):
    """The signals that a rule needs: of these devices and types, in `since <= occurred_at < until`."""

    devices: Collection[DeviceAddress]
    types: Collection[str]
    since: Instant
    until: Instant


class Rule(ABC):
    """What all rules have. They are frozen: those with other thresholds are others."""

    name: ClassVar[str]
    version: ClassVar[int]


class OfSignals(Rule):
    """A rule that finds incidents in what devices said, in whatever order it came."""

    heard: ClassVar[frozenset[str]]
    """The types of event that it listens to; of others it is not told."""
    limits: Limits

    @abstractmethod
    def subjects(self, signal: Signal, world: World) -> Iterable[Subject]:
        """Whom a signal may concern."""

    @abstractmethod
    def speakers(self, subject: Subject, world: World) -> Collection[DeviceAddress]:
        """The devices whose signals may concern a subject."""

    def screen(self) -> Screen:
        """What is kept of a subject in memory; by default all, and all of it is judged."""
        return AtLeast(1)

    @abstractmethod
    def occurrences(self, signals: Sequence[Signal], subject: Subject, world: World) -> list[Occurrence]:
        """What these signals show of a subject; those of others are among them."""

    @abstractmethod
    def describe(self, cluster: Cluster, taken: frozenset[SignalKey], subject: Subject, world: World) -> Finding | None:
        """The incident that occurrences are (`monitor.anomalies.incidents.Describe`)."""


class OfTime(Rule, Generic[S]):
    """A rule that looks when stored time has come so far: something ought to have been heard by then."""

    heard: ClassVar[frozenset[str]]
    limits: object

    @abstractmethod
    def deadlines(self, world: World, after: Instant, until: Instant) -> list[Deadline[S]]:
        """When to look, in `after < at <= until`."""

    @abstractmethod
    def touched(self, signal: Signal, world: World) -> Iterable[S]:
        """The subjects for which a signal may come late: an alarm that stands for one is corrected by it."""

    @abstractmethod
    def reading(self, subject: S, world: World) -> Reading:
        """What must be read to look at a subject."""

    @abstractmethod
    def find(
        self,
        subject: S,
        signals: Sequence[Signal],
        now: Instant,
        world: World,
        *,
        since: Instant | None,
        until: Instant | None,
    ) -> Finding | None:
        """What a subject comes to at `now`, of what ran out in `since < at <= until`; None: all is well.

        A finding with the flag `returned` corrects an alarm and never raises one.
        """

    @abstractmethod
    def alarm_id(self, subject: S, since: Instant | None) -> AlarmId:
        """The alarm of a subject for what ran out after its last one was closed; None: its first alarm."""


class OfAbsence(Rule):
    """What is told of a site whose deadlines went by unlooked at."""

    @abstractmethod
    def find(self, site: SiteId, world: World, *, since: Instant, until: Instant) -> Finding:
        """Of the stretch from the first deadline until somebody looked again."""


AnyOfTime = OfTime[Any]
