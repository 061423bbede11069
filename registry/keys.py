"""Keys that the product made itself: files of the data folder that only its owner may read."""

import os
import secrets
from pathlib import Path

KEY_BYTES = 32


def keep_key(data_dir: Path, name: str) -> bytes:
    """Give the key `DIR/keys/NAME`, 256 bits; make it on first use.

    Raises:
        ValueError: the file does not hold 64 hex digits.

    """
    path = data_dir / "keys" / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        pass
    key = bytes.fromhex(path.read_text().strip())
    if len(key) != KEY_BYTES:
        raise ValueError(f"{path} does not hold a key of {KEY_BYTES} bytes")
    return key
