"""Topics of devices that do not speak as we do: a device record may own prefixes such as `frigate/front`."""

import re

from registry.messages.topics import PREFIX

# NATS refuses blanks, its own wildcards are * and >, MQTT's are + and #, and $ begins what is the broker's own.
_SPEAKABLE = re.compile(r"[^\s\x00$*>+#/][^\s\x00*>+#]*")
PUSHED = "push"
"""The first level of the topics under which what came over HTTP is kept: `push/{site}/{class}/{name}/{path below}`."""
_OURS = frozenset({PREFIX.split("/", 1)[0], PUSHED})


def is_grantable(prefix: str) -> bool:
    """Whether a device may be given this prefix: no pattern, no blank, and in none of our own trees nor the broker's."""
    return _SPEAKABLE.fullmatch(prefix) is not None and prefix.split("/", 1)[0] not in _OURS


def foreign_filter(prefix: str) -> str:
    """The filter for all that comes below a prefix, and on the prefix itself."""
    return f"{prefix.rstrip('/')}/#"


def is_below(topic: str, prefix: str) -> bool:
    """Whether a topic belongs to a prefix."""
    stem = prefix.rstrip("/")
    return topic == stem or topic.startswith(f"{stem}/")
