"""The keys with which the registry's routes seal, derive and sign; `deploy` puts them into `Parts.rooms["registry"]`."""

from dataclasses import dataclass, field
from typing import Annotated, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Depends, Request

from registry.people.identity import IdentityKeys
from registry.web.dependencies import parts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """Keys of the data folder."""

    identity: IdentityKeys
    device_key: bytes = field(repr=False)
    """From which every device's secret is derived."""
    pass_key: Ed25519PrivateKey = field(repr=False)
    """With which QR passes are signed: `registry.qr.passes.load_key`."""


def keyring_of(request: Request) -> Keyring:
    """The registry's keys of this application."""
    return cast("Keyring", parts_of(request).rooms["registry"])


Keys = Annotated[Keyring, Depends(keyring_of)]
