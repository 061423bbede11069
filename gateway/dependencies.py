"""What the gateway's routes are given."""

from typing import Annotated, cast

from fastapi import Depends, Request

from gateway.desk import Desk
from registry.store import Work
from registry.web.dependencies import parts_of, reading_of, work_of


async def desk_of(request: Request) -> Desk:
    """The desk of this application. Not a plain `def`: that would cost every check the way to another thread and back."""
    return cast("Desk", parts_of(request).rooms["gateway"])


TheDesk = Annotated[Desk, Depends(desk_of)]
GatewayWork = Annotated[Work, Depends(work_of("gateway"), scope="function")]
GatewayReading = Annotated[Work, Depends(reading_of("gateway"), scope="function")]
