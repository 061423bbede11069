"""What a provider's word is worth: whom it names, and which grants its groups give. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.ids import NAME, SiteId

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """Whom a provider vouches for. `name`: what the configured claim says; None: nothing, or nothing verified."""

    issuer: str
    subject: str
    name: str | None
    groups: frozenset[str] | None


def vouched(claims: Mapping[str, object], *, user_claim: str, groups_claim: str) -> Vouched:
    """Read the claims of an ID token that was verified.

    An address of mail counts only when the provider says that it verified it.
    """
    name = claims.get(user_claim)
    verified = claims.get(f"{user_claim}_verified", user_claim != "email")
    groups = claims.get(groups_claim)
    if isinstance(groups, str):
        groups = [groups]
    return Vouched(
        issuer=str(claims["iss"]),
        subject=str(claims["sub"]),
        name=name if isinstance(name, str) and name and verified is True else None,
        groups=frozenset(map(str, groups)) if isinstance(groups, Collection) else None,
    )


def grants_of(groups: Iterable[str], mapping: Mapping[str, Collection[str]]) -> frozenset[Grant]:
    """What the groups of somebody give them."""
    return frozenset(grant_from(text) for group in groups for text in mapping.get(group, ()))


def grant_from(text: str) -> Grant:
    """Read `guard@oc1`, or `auditor@*` for all compounds.

    Raises:
        ValueError: there is no such role, or no compound is called so.

    """
    role, at, site = text.partition("@")
    if not at or (site != "*" and not NAME.fullmatch(site)):
        raise ValueError(f"{text!r} is no role at a compound: write it like guard@oc1, or guard@* for all")
    if role not in set(Role):
        raise ValueError(f"there is no role {role!r}; there are {', '.join(Role)}")
    return Grant(Role(role), None if site == "*" else SiteId(site))


def is_safe_address(url: str) -> bool:
    """Whether what is sent there cannot be read on the way: HTTPS, or this very machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    )
