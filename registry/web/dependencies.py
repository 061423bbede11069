"""What routes are given: units of work of a room's store, and the application's parts."""

from collections.abc import Callable, Iterator
from typing import Annotated, cast

from fastapi import Depends, Request

from registry.store import Work
from registry.web.parts import Parts


def parts_of(request: Request) -> Parts:
    """The application's parts."""
    return cast("Parts", request.app.state.parts)


def work_of(room: str) -> Callable[[Request], Iterator[Work]]:
    """The dependency that opens a unit of work of one room.

    Use it with `scope="function"`, so that the commit is done before the answer leaves:
    `GatewayWork = Annotated[Work, Depends(work_of("gateway"), scope="function")]`.
    """

    def unit_of_work(request: Request) -> Iterator[Work]:
        parts = parts_of(request)
        with parts.stores[room].begin(parts.clock.now()) as work:
            yield work

    return unit_of_work


def reading_of(room: str) -> Callable[[Request], Iterator[Work]]:
    """Like `work_of`, for routes that only read: nobody waits for them and nothing done in it is kept."""

    def unit_of_reading(request: Request) -> Iterator[Work]:
        parts = parts_of(request)
        with parts.stores[room].read() as session:
            yield Work(session, parts.clock.now())

    return unit_of_reading


RegistryWork = Annotated[Work, Depends(work_of("registry"), scope="function")]
RegistryReading = Annotated[Work, Depends(reading_of("registry"), scope="function")]
TheParts = Annotated[Parts, Depends(parts_of)]
