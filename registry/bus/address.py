"""Where the broker is, and as whom one speaks to it."""

import hashlib
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from registry.bus.trust import Trust, trusting

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_FORM = "a broker is written mqtt://user:password@host:port or mqtts://…"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerPlace:
    """A broker, and whether one speaks TLS to it. `trusted_file` None: the system's authorities are believed."""

    host: str
    port: int
    tls: bool = False
    trust: Trust | None = None
    trusted_file: Path | None = None

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `mqtt://host:port`; `mqtts://` means TLS; `?ca=FILE` or `?certificate=FILE` says which certificate is believed.

        Raises:
            ValueError: it is no such address.

        """
        parts = urlsplit(url)
        said = _known_words(parts)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError(_FORM)
        trust, file = said or (None, None)
        if trust is not None and parts.scheme != "mqtts":
            raise ValueError("a certificate is only of use with mqtts://")
        return cls(
            host=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            tls=parts.scheme == "mqtts",
            trust=trust,
            trusted_file=file,
        )

    def signed_in(self, username: str, password: str) -> "BrokerAddress":
        """The address of an account on this broker."""
        return BrokerAddress(
            host=self.host,
            port=self.port,
            tls=self.tls,
            trust=self.trust,
            trusted_file=self.trusted_file,
            username=username,
            password=password,
        )

    def tls_context(self) -> ssl.SSLContext:
        """Make what a client of this broker believes.

        Raises:
            OSError: its file of certificates cannot be read or holds none.

        """
        return trusting(self.trust, self.trusted_file)

    def url(self) -> str:
        """The address as `parse` reads it."""
        return self._written("")

    def _written(self, account: str) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        trusted = f"?{self.trust}={quote(str(self.trusted_file))}" if self.trust is not None else ""
        return f"{'mqtts' if self.tls else 'mqtt'}://{account}{host}:{self.port}{trusted}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAddress(BrokerPlace):
    """A broker and the account on it. The password is in no `repr`, so in no log."""

    username: str
    password: str = field(repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `mqtt://user:password@host:port` and the rest as `BrokerPlace` has it.

        Raises:
            ValueError: it is no such address, or it names nobody: our brokers forget what they owe to the nameless.

        """
        place, parts = BrokerPlace.parse(url), urlsplit(url)
        if not parts.username or not parts.password:
            raise ValueError("the broker's address names no user and password; anonymous clients are not used")
        return cls(
            host=place.host,
            port=place.port,
            tls=place.tls,
            trust=place.trust,
            trusted_file=place.trusted_file,
            username=unquote(parts.username),
            password=unquote(parts.password),
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
        return self._written(f"{quote(self.username, safe='')}:{quote(self.password, safe='')}@")


def names_an_account(url: str) -> bool:
    """Whether a broker's address says as whom; one that does not leaves it to each process."""
    return bool(urlsplit(url).username)


def _known_words(parts: SplitResult) -> tuple[Trust, Path] | None:
    words = parse_qsl(parts.query, keep_blank_values=True)
    if not words:
        return None
    try:
        [(word, file)] = words
        return Trust(word), Path(file)
    except ValueError:
        raise ValueError("after the ? of a broker's address stands ca=FILE or certificate=FILE, nothing else") from None
