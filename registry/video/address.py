"""Where a picture comes from: a file of this machine, or the address of a camera, which may hold a password anywhere."""

import re
from typing import Final

LIVE_SCHEMES: Final = frozenset({"rtsp", "rtsps", "rtmp", "http", "https"})
HIDDEN: Final = "…"


def is_live(source: str) -> bool:
    """Is this the address of a camera, not a file."""
    return "://" in source and source.partition("://")[0].lower() in LIVE_SCHEMES


def shown_source(source: str | None) -> str:
    """A source as pages, programs, logs and the audit see it: a file as it is, of an address the way and the host only.

    User and password stand before the host, or anywhere in the path or query, as each maker likes.
    """
    if source is None or "://" not in source:
        return source or ""
    scheme, host, rest = address_parts(source)
    if "@" in rest:
        return f"{scheme}://{HIDDEN}"
    return f"{scheme}://{host}/{HIDDEN}" if rest.strip("/") else f"{scheme}://{host}"


def address_parts(source: str) -> tuple[str, str, str]:
    """Scheme, host with port, and all that comes after them."""
    scheme, _, rest = source.partition("://")
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    return scheme, authority.rpartition("@")[2], rest[len(authority) :]
