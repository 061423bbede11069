"""The broker's configuration as text, from users and ports. Pure: nothing is read or written here."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.addresses import bracketed

MAX_PAYLOAD_BYTES = 1024 * 1024
"""More than the 64 KiB that an event may have: what is too large shall reach the inbox and be counted there. The topic and
the broker's own headers count into it, so our clients send less (registry/bus/limits.py)."""
MAX_ACK_PENDING = 500
"""Unacknowledged messages for each subscription: a whole batch of the inbox. A session has 65,535 of them, and each
foreign prefix takes twice this number, so a monitor can hear 64 of them."""
ACK_WAIT_SECONDS = 5
"""After a crash of the broker or the inbox, what was under way is sent again after this. A store that is blocked for
longer gets repeats, which the inbox counts."""
_UNSPEAKABLE = re.compile(r"[\s*>\x00]")


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerUser:
    """An account: `publish` and `subscribe` are complete lists of topics, in MQTT's form; everything else is refused."""

    name: str
    password_hash: str
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerPlaces:
    """Where the broker listens and keeps its files. Only MQTT is for others; the two other ports are loopback, any free one."""

    host: str
    port: int
    folder: Path
    durable: bool = False
    """True: synced to disk with each message (survives a power cut), at a fifth of the rate; else once a second."""


def subjects(topic: str) -> tuple[str, ...]:
    """Write an MQTT topic or filter as NATS subjects.

    `a/#` also means `a` itself in MQTT, so it gives two.

    Raises:
        ValueError: NATS has no way to say it (blanks, or its own wildcards in a name).

    """
    if not topic or _UNSPEAKABLE.search(topic):
        raise ValueError(f"{topic!r} cannot be a topic of this broker: it is empty or holds a blank, * or >")
    levels = [_level(level) for level in topic.split("/")]
    if levels[-1] != ">":
        return (".".join(levels),)
    parent = ".".join(levels[:-1])
    return (".".join(levels), parent) if parent else (">",)


def _level(level: str) -> str:
    match level:
        case "+":
            return "*"
        case "#":
            return ">"
        case "":
            return "/"
        case _:
            return level.replace(".", "//")


def configuration(users: Iterable[BrokerUser], places: BrokerPlaces) -> str:
    """Write the whole configuration. The same users in any order give the same text."""
    listed = sorted(users, key=lambda user: user.name)
    accounts = ",\n".join(_user(user) for user in listed)
    sync = "always" if places.durable else '"1s"'
    return f"""\
server_name: dayuan
listen: "127.0.0.1:-1"
http: "127.0.0.1:-1"
ports_file_dir: {_quoted(str(places.folder))}
pid_file: {_quoted(str(places.folder / "nats.pid"))}
log_file: {_quoted(str(places.folder / "broker.log"))}
logfile_size_limit: 10MB
logfile_max_num: 3
max_payload: {MAX_PAYLOAD_BYTES}
jetstream {{
  store_dir: {_quoted(str(places.folder))}
  sync_interval: {sync}
}}
mqtt {{
  listen: {_quoted(f"{bracketed(places.host)}:{places.port}")}
  max_ack_pending: {MAX_ACK_PENDING}
  ack_wait: "{ACK_WAIT_SECONDS}s"
}}
authorization {{
  users: [
{accounts}
  ]
}}
"""


def _user(user: BrokerUser) -> str:
    return (
        f"    {{user: {_quoted(user.name)}, password: {_quoted(user.password_hash)},"
        f' allowed_connection_types: ["MQTT"], permissions: {{'
        f"publish: {{allow: {_list(user.publish)}{_deny(user.publish)}}}, "
        f"subscribe: {{allow: {_list((*user.subscribe, '$MQTT/sub/#'))}}}}}}}"
    )


def _deny(topics: Sequence[str]) -> str:
    # NATS takes an empty list of allowed subjects for "everything".
    return "" if topics else ', deny: [">"]'


def _list(topics: Iterable[str]) -> str:
    return f"[{', '.join(_quoted(subject) for topic in topics for subject in subjects(topic))}]"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
