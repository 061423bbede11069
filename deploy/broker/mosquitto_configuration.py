"""mosquitto's configuration, password file and access list as text, from users and places. Pure: nothing is read or written."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path

from deploy.broker.accounts import MAX_PAYLOAD_BYTES, MAX_UNACKNOWLEDGED, BrokerPlaces, BrokerUser, Certificate

CONFIGURATION, PASSWORDS, RIGHTS = "mosquitto.conf", "passwords", "rights"
SAVE_SECONDS = 1
"""How often everything is saved. It counts in whole seconds, so kill -9 loses up to two of what waits for somebody (docs/brokers.md)."""
_ROUNDS = 101
"""Those of mosquitto_passwd. What is hashed has 128 random bits; more rounds would only slow the sign-ins, and the reload,
which tries each connected client's password again."""
_UNSPEAKABLE = re.compile(r"^\s|\s$|[^\S ]|[\x00-\x1f\x7f]")


def mosquitto_hash(secret: str) -> str:
    """Hash a secret as mosquitto 2 reads it ($7$: PBKDF2 with SHA-512).

    The salt comes from the secret: the same secret gives the same line, so that a file which is written twice is the same,
    and two random secrets never share one.
    """
    salt = hashlib.blake2b(secret.encode(), digest_size=12, person=b"dayuan-salt").digest()
    digest = hashlib.pbkdf2_hmac("sha512", secret.encode(), salt, _ROUNDS)
    return f"$7${_ROUNDS}${b64encode(salt).decode()}${b64encode(digest).decode()}"


def configuration(
    places: BrokerPlaces,
    *,
    run_as: str | None = None,
    log_everything_to_stderr: bool = False,
    files: Path | None = None,
    pid_file: Path | None = None,
) -> str:
    """Write mosquitto.conf.

    Args:
        places: where it listens and keeps its files.
        run_as: the system user that it stays, when it is started as root; None: the one of its own packaging.
        log_everything_to_stderr: also what it refuses, which it says at its most talkative level only; whoever starts it
            so must read that.
        files: where password file and access list are, when not in the folder of the places.
        pid_file: where it writes its number; None: nowhere.

    """
    beside = files or places.folder
    lines = [
        f"listener {places.port} {places.host}",
        *_tls(places.certificate),
        *([f"user {run_as}"] if run_as else []),
        *([f"pid_file {pid_file}"] if pid_file else []),
        "allow_anonymous false",
        f"password_file {beside / PASSWORDS}",
        f"acl_file {beside / RIGHTS}",
        "persistence true",
        f"persistence_location {places.folder}/",
        *_saving(places),
        "max_queued_messages 0",
        "max_queued_bytes 0",
        f"max_inflight_messages {MAX_UNACKNOWLEDGED}",
        f"max_packet_size {MAX_PAYLOAD_BYTES}",
        "set_tcp_nodelay true",
        "sys_interval 0",
        "log_timestamp_format %Y-%m-%dT%H:%M:%S%z",
        *_log(places, everything_to_stderr=log_everything_to_stderr),
    ]
    return "".join(f"{line}\n" for line in lines)


def passwords(users: Iterable[BrokerUser]) -> str:
    """Write the password file: a line for each account, by name."""
    return "".join(f"{user.name}:{user.password_hash}\n" for user in _by_name(users))


def rights(users: Iterable[BrokerUser]) -> str:
    """Write the access list: for each account every topic that it may write or read; nothing is a pattern of names.

    Raises:
        ValueError: a topic begins or ends with a blank or holds a sign that a line cannot.

    """
    blocks = []
    for user in _by_name(users):
        lines = [
            *(f"topic write {_line(topic)}" for topic in user.publish),
            *(f"topic read {_line(topic)}" for topic in user.subscribe),
        ]
        blocks.append("\n".join([f"user {user.name}", *lines]))
    return "\n\n".join(blocks) + "\n"


def _line(topic: str) -> str:
    if not topic or _UNSPEAKABLE.search(topic):
        raise ValueError(f"{topic!r} cannot be a topic of this broker: it is empty, or begins or ends with a blank")
    return topic


def _by_name(users: Iterable[BrokerUser]) -> list[BrokerUser]:
    return sorted(users, key=lambda user: user.name)


def _tls(certificate: Certificate | None) -> list[str]:
    if certificate is None:
        return []
    return [f"certfile {certificate.certificate}", f"keyfile {certificate.key}", "tls_version tlsv1.2"]


def _saving(places: BrokerPlaces) -> list[str]:
    return (
        ["autosave_on_changes true", "autosave_interval 1"] if places.durable else [f"autosave_interval {SAVE_SECONDS}"]
    )


def _log(places: BrokerPlaces, *, everything_to_stderr: bool) -> list[str]:
    if everything_to_stderr:
        return ["log_dest stderr", *(f"log_type {kind}" for kind in ("error", "warning", "notice", "debug"))]
    return [
        f"log_dest file {places.folder / 'broker.log'}",
        *(f"log_type {kind}" for kind in ("error", "warning", "notice")),
    ]
