"""Where the broker is, and as whom one speaks to it."""

import hashlib
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import quote, unquote, urlsplit

_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAddress:
    """A broker and the account on it. The password is in no `repr`, so in no log."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    tls: bool = False

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `mqtt://user:password@host:port`; `mqtts://` means TLS with the system's certificates.

        Raises:
            ValueError: it is no such address, or it names nobody: our brokers forget what they owe to the nameless.

        """
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("a broker is written mqtt://user:password@host:port or mqtts://…")
        if not parts.username or not parts.password:
            raise ValueError("the broker's address names no user and password; anonymous clients are not used")
        return cls(
            host=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            username=unquote(parts.username),
            password=unquote(parts.password),
            tls=parts.scheme == "mqtts",
        )

    def session_name(self) -> str:
        """A client id that only this account's holder can know.

        A broker gives a session to whoever says its name, so a name that can be guessed lets one device throw out another,
        or the monitor. Letters, digits and dashes only: NATS refuses dots.
        """
        proof = hashlib.blake2b(self.password.encode(), digest_size=8, person=b"dayuan-session").hexdigest()
        return f"{self.username.replace('.', '-')}-{proof}"

    def url(self) -> str:
        """The address as `parse` reads it, password included: to hand to a child process, never to show."""
        account = f"{quote(self.username, safe='')}:{quote(self.password, safe='')}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{account}@{host}:{self.port}"
