"""The keys of the house: made once, known by their fingerprints, never made anew in silence."""

from collections.abc import Mapping
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.folder import DataFolder
from registry.marks.service import fingerprint
from registry.problems import Refusal

SIGNING: Final = "pass.pem"
"""File of the key that signs passes."""
SECRETS: Final = ("attempt", "audit", "device", "identity", "provider", "second-factor", "services")
"""Every name that `DataFolder.key` is asked for."""


def refuse_strange_keys(folder: DataFolder, marks: Mapping[str, str]) -> None:
    """Look whether the keys in the folder are those that the house was made with; none is made.

    Raises:
        Refusal: one is lost, damaged, or another house's.

    """
    for name in (*SECRETS, SIGNING):
        known = marks.get(mark_of(name))
        file = folder.path / "keys" / name
        if known is None:
            continue
        if not file.exists():
            raise Refusal(
                f"The key file {file} is lost, and this house was made with it. Put it back from a backup, or 'dayuan key replace {name}'."
            )
        if known != fingerprint_of(folder, name):
            raise Refusal(f"The key file {file} is not the one of this house. Put that one back from a backup.")


def fingerprints(folder: DataFolder) -> dict[str, str]:
    """The marks of all keys; those that the house never had are made."""
    return {mark_of(name): fingerprint_of(folder, name) for name in (*SECRETS, SIGNING)}


def mark_of(name: str) -> str:
    """How the house calls a key among what belongs to it."""
    return f"key:{name}"


def fingerprint_of(folder: DataFolder, name: str) -> str:
    """What tells this key of the folder from any other; one that is not there is made."""
    if name != SIGNING:
        return fingerprint(folder.key(name))
    key: Ed25519PrivateKey = folder.pass_key()
    return fingerprint(key.private_bytes_raw())
