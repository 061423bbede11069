"""NATS server's configuration as text, from users and ports. Pure: nothing is read or written here."""

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase, digits

import bcrypt

from deploy.addresses import bracketed
from deploy.broker.accounts import MAX_PAYLOAD_BYTES, MAX_UNACKNOWLEDGED, BrokerPlaces, BrokerUser, Certificate
from registry.devices.secrets import BCRYPT_COST

ACK_WAIT_SECONDS = 5
"""After a crash of the broker or the inbox, what was under way is sent again after this. A store that is blocked for
longer gets repeats, which the inbox counts."""
TLS_SECONDS = 20
"""Devices that all come back at once want all their handshakes in the same seconds."""
_BCRYPTS_LETTERS = bytes.maketrans(
    (ascii_uppercase + ascii_lowercase + digits + "+/").encode(),
    ("./" + ascii_uppercase + ascii_lowercase + digits).encode(),
)
"""From those of base64, in their order."""
_UNSPEAKABLE = re.compile(r"[\s*>\x00]")


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


def nats_hash(secret: str) -> str:
    """Hash a secret as NATS reads it (bcrypt).

    The salt comes from the secret: the same secret gives the same hash, and a new hash would be another password to NATS,
    which ends the connection.
    """
    salt = b64encode(hashlib.blake2b(secret.encode(), digest_size=16, person=b"dayuan-salt").digest()).rstrip(b"=")
    return bcrypt.hashpw(secret.encode(), b"$2a$%02d$%b" % (BCRYPT_COST, salt.translate(_BCRYPTS_LETTERS))).decode()


def configuration(users: Iterable[BrokerUser], places: BrokerPlaces, *, pid_file: Path | None = None) -> str:
    """Write the whole configuration. The same users in any order give the same text.

    `pid_file`: where the broker writes its number, when not into its folder.
    """
    listed = sorted(users, key=lambda user: user.name)
    accounts = ",\n".join(_user(user) for user in listed)
    sync = "always" if places.durable else '"1s"'
    return f"""\
server_name: dayuan
listen: "127.0.0.1:-1"
http: "127.0.0.1:-1"
ports_file_dir: {_quoted(str(places.folder))}
pid_file: {_quoted(str(pid_file or places.folder / "nats.pid"))}
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
  max_ack_pending: {MAX_UNACKNOWLEDGED}
  ack_wait: "{ACK_WAIT_SECONDS}s"{_tls(places.certificate)}
}}
authorization {{
  users: [
{accounts}
  ]
}}
"""


def _tls(certificate: Certificate | None) -> str:
    if certificate is None:
        return ""
    files = f"cert_file: {_quoted(str(certificate.certificate))}, key_file: {_quoted(str(certificate.key))}"
    return f"\n  tls {{{files}, timeout: {TLS_SECONDS}}}"


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
