"""What a question about signals consists of, for the API and the pages alike: who asks, of which site, from where on."""

from typing import Annotated, Literal

from fastapi import Depends, Path, Query

from registry.auth.permissions import Permission
from registry.auth.principal import AllSites, Principal
from registry.auth.requires import requires
from registry.ids import NAME_PATTERN, SiteId
from registry.messages.topics import DeviceClass

SignalReader = Annotated[Principal, Depends(requires(Permission.SIGNALS_READ))]
LetterTrier = Annotated[Principal, Depends(requires(Permission.DEAD_LETTERS_TRY))]
SiteQuery = Annotated[str | None, Query(pattern=f"^({NAME_PATTERN})?$")]
"""Empty, as a form sends it: every site."""
CursorQuery = Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$", description="`next` of the page before")]
DeviceQuery = Annotated[str, Query(max_length=120, description="an address; empty: every device")]
TypeQuery = Annotated[str, Query(max_length=80, description="a type of event; empty: every one")]
KindQuery = Annotated[DeviceClass | Literal[""], Query(description="a class of device; empty: every one")]
TextQuery = Annotated[str, Query(max_length=80, description="part of what was said; empty: anything")]
LetterId = Annotated[int, Path(ge=1, le=2**62)]


def sites_shown(
    principal: Principal, site: str | None, permission: Permission = Permission.SIGNALS_READ
) -> frozenset[SiteId] | None:
    """The sites whose signals are listed, or may be acted on with this permission; None: of every site there is."""
    if site:
        principal.require(permission, SiteId(site))
        return frozenset({SiteId(site)})
    allowed = principal.sites(permission)
    return None if isinstance(allowed, AllSites) else allowed
