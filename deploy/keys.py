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
_OF_A_KEY = "key:"


def refuse_strange_keys(folder: DataFolder, marks: Mapping[str, str]) -> None:
    """Look whether the keys in the folder are those that the house was made with; none is made.

    Raises:
        Refusal: one is lost, damaged, or another house's.

    """
    for name in (*SECRETS, SIGNING):
        known = marks.get(f"{_OF_A_KEY}{name}")
        file = folder.path / "keys" / name
        if known is None:
            continue
        if not file.exists():
            raise Refusal(f"The key file {file} is lost, and this house was made with it. Put it back from a backup.")
        if known != _fingerprint(folder, name):
            raise Refusal(f"The key file {file} is not the one of this house. Put that one back from a backup.")


def fingerprints(folder: DataFolder) -> dict[str, str]:
    """The marks of all keys; those that the house never had are made."""
    return {f"{_OF_A_KEY}{name}": _fingerprint(folder, name) for name in (*SECRETS, SIGNING)}


def _fingerprint(folder: DataFolder, name: str) -> str:
    if name != SIGNING:
        return fingerprint(folder.key(name))
    key: Ed25519PrivateKey = folder.pass_key()
    return fingerprint(key.private_bytes_raw())
