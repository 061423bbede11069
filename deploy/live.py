"""News of alarms from the broker to the open pages: the stream says what changed, the page asks for the truth.

And whether there can be any news: pages that hear from a server alone would take silence for peace.
"""

import json
from collections.abc import Mapping

import structlog
from sqlalchemy.exc import SQLAlchemyError

from deploy.checkups import checks_of_the_live_path
from deploy.rounds import Rounds
from monitor.arming.queries import signs
from monitor.pulse.queries import last_pulse
from monitor.signals.queries import totals
from registry.bus import Bus, Received
from registry.clock import Clock, Instant
from registry.ids import SiteId
from registry.messages.topics import PREFIX
from registry.store import Store
from registry.web.readiness import Check
from registry.web.stream import Hub

log = structlog.get_logger()

_ALARMS = f"{PREFIX}/+/_alarm/+"
LOOK_SECONDS = 1.0
SIGNALS_SECONDS = 0.1
ARMING_SECONDS = 0.5


class AlarmNews:
    """Hears the retained alarm topics of all sites; an empty one says that the alarm was closed."""

    def __init__(self, bus: Bus, hub: Hub) -> None:
        self._bus = bus
        self._hub = hub

    @property
    def alive(self) -> bool:
        """Whether the client's thread runs."""
        return self._bus.alive

    def start(self) -> None:
        self._bus.consume([_ALARMS], self._heard)
        self._bus.start()

    def stop(self) -> None:
        self._bus.stop()

    def _heard(self, message: Received) -> None:
        message.acknowledge()  # a page that missed the word asks anyway when it reconnects
        levels = message.topic.split("/")
        try:
            version = json.loads(message.payload)["version"] if message.payload else None
        except (ValueError, KeyError, TypeError):
            return  # only our engine may write here; what is not its word is no news
        self._hub.publish("alarm-changed", {"id": levels[-1], "version": version}, site=SiteId(levels[2]))


class SignalNews(Rounds):
    """Looks, while pages are open, whether anything came in, and nudges those that show signals."""

    def __init__(self, monitor: Store, hub: Hub) -> None:
        super().__init__("signal-news", SIGNALS_SECONDS, self.look)
        self._monitor = monitor
        self._hub = hub
        self._told: object = None

    def look(self) -> None:
        """Look once."""
        if not self._hub.clients:
            return
        try:
            with self._monitor.read() as session:
                found = totals(session)
        except SQLAlchemyError:
            return  # the watch over the live path says so
        if found.received != self._told:
            self._told = found.received
            self._hub.nudge("signals-changed")


class ArmingNews(Rounds):
    """Looks, while pages are open, whether something else is armed or bypassed than before, whoever did it, and says where."""

    def __init__(self, monitor: Store, hub: Hub, clock: Clock) -> None:
        super().__init__("arming-news", ARMING_SECONDS, self.look)
        self._monitor = monitor
        self._hub = hub
        self._clock = clock
        self._told: Mapping[SiteId, tuple[int, ...]] | None = None

    def look(self) -> None:
        """Look once. A page that opens asks by itself for what was before it."""
        if not self._hub.clients:
            return
        try:
            with self._monitor.read() as session:
                found = signs(session, self._clock.now())
        except SQLAlchemyError:
            return  # the watch over the live path says so
        before, self._told = self._told, found
        if before is not None:
            for site in sorted(found):
                if found[site] != before.get(site):
                    self._hub.publish("arming-changed", {"site": site}, site=site)


def live_path(hub: Hub, monitor: Store, web: Bus, clock: Clock) -> "LivePath":
    """The watch over the way from a device's word to the pages of this process."""
    with monitor.read() as session:
        pulse = last_pulse(session)
    checks = checks_of_the_live_path(clock=clock, monitor=monitor, web=web)
    return LivePath(checks, hub, clock, last_news=pulse.at if pulse is not None else None)


class LivePath(Rounds):
    """Looks each second whether the way from a device's word to the pages works, and has the pages told."""

    def __init__(self, checks: Mapping[str, Check], hub: Hub, clock: Clock, *, last_news: Instant | None) -> None:
        """Prepare.

        Args:
            checks: the parts of the way.
            hub: tells the pages.
            clock: says since when.
            last_news: when the way worked last, as far as was known before this process began.

        """
        super().__init__("live-path", LOOK_SECONDS, self.look)
        self._checks = checks
        self._hub = hub
        self._clock = clock
        self._last_news = last_news
        self._was_live = True

    def look(self) -> None:
        """Look once."""
        states = {name: check() for name, check in self._checks.items()}
        broken = {name: state.detail for name, state in states.items() if not state.ready}
        if broken:
            self._hub.say_stalled(self._last_news)
        else:
            self._last_news = self._clock.now()
            self._hub.say_live()
        if broken and self._was_live:
            log.warning("live-path-broken", parts=broken)
        elif not broken and not self._was_live:
            log.info("live-path-works")
        self._was_live = not broken
