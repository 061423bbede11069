"""Which device posts, by its MQTT user and secret. What was right once costs a look into memory; wrong tries are bounded."""

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from datetime import timedelta
from typing import TypeVar

from monitor.adapters.catalogue import ADAPTERS
from registry.auth import rules
from registry.auth.rules import WrongTries
from registry.clock import Instant
from registry.devices.facts import DeviceFacts, Register
from registry.devices.secrets import hash_secret, matches
from registry.ids import NAME, DeviceAddress, SiteId
from registry.messages.topics import DeviceClass

MOST_KNOWN = 10_000
"""Devices that are known to be right, and places of wrong tries, that are remembered."""
MOST_OF_AN_ADDRESS = 100
"""Wrong tries from one address in a row, whatever it names; many cameras may stand behind one."""
_LONGEST_SECRET = 64
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Doorkeeper:
    """Knows who was right, by a keyed digest, for as long as the register keeps the same secret; one for each process."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[DeviceAddress, tuple[bytes, str, int]] = OrderedDict()
        self._wrong: OrderedDict[str, WrongTries] = OrderedDict()
        self._lock = threading.Lock()
        self._nobody = hash_secret(secrets.token_hex(16))

    def known(self, device: DeviceFacts | None, secret: str) -> bool:
        """Whether this secret was right before, and is the device's still. Quick."""
        if device is None:
            return False
        with self._lock:
            found = self._known.get(device.address)
        return found is not None and hmac.compare_digest(found[0], self._digest(secret)) and found[1:] == _mark(device)

    def wait_before(self, device: str, address: str, now: Instant) -> timedelta:
        """How long the next try must wait."""
        with self._lock:
            pair, whole = self._wrong.get(f"{device}\n{address}"), self._wrong.get(address)
        waits = [rules.wait_before(pair, now)]
        if whole is not None and whole.count >= MOST_OF_AN_ADDRESS:
            waits.append(rules.wait_before(whole, now))
        return max(waits)

    def prove(self, device: DeviceFacts | None, secret: str, *, named: str, address: str, now: Instant) -> bool:
        """Check a secret by its hash, some milliseconds, also where there is no device; a wrong one is counted."""
        plain = secret if len(secret) <= _LONGEST_SECRET and secret.isascii() and secret.isprintable() else ""
        is_right = matches(plain, device.secret_hash if device else self._nobody) and device is not None
        with self._lock:
            if device is not None and is_right:
                _keep(self._known, device.address, (self._digest(secret), *_mark(device)))
                self._wrong.pop(f"{named}\n{address}", None)
            else:
                for place in (f"{named}\n{address}", address):
                    _keep(self._wrong, place, rules.one_more(self._wrong.get(place), now))
        return is_right

    def _digest(self, secret: str) -> bytes:
        return hashlib.blake2b(secret.encode(errors="replace"), key=self._key, digest_size=16).digest()


def pushing(register: Register, site: str, kind: str, name: str) -> DeviceFacts | None:
    """The device of this endpoint; None: there is none such, it is shut out, or its adapter reads nothing that is posted."""
    if kind not in set(DeviceClass) or not (NAME.fullmatch(site) and NAME.fullmatch(name)):
        return None
    device = register.devices.get(DeviceAddress(SiteId(site), kind, name))
    adapter = ADAPTERS.get(device.adapter or "") if device is not None else None
    if device is None or not device.enabled or adapter is None or "push" not in adapter.ways:
        return None
    return device


def _mark(device: DeviceFacts) -> tuple[str, int]:
    return device.secret_hash, device.secret_generation


def _keep(where: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> None:
    where[key] = value
    where.move_to_end(key)
    if len(where) > MOST_KNOWN:
        where.popitem(last=False)
