"""News of alarms from the broker to the open pages: the stream says what changed, the page asks for the truth."""

import json

from registry.bus import Bus, Received
from registry.ids import SiteId
from registry.messages.topics import PREFIX
from registry.web.stream import Hub

_ALARMS = f"{PREFIX}/+/_alarm/+"


class AlarmNews:
    """Hears the retained alarm topics of all sites; an empty one says that the alarm was closed."""

    def __init__(self, bus: Bus, hub: Hub) -> None:
        self._bus = bus
        self._hub = hub

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
