"""A short way past the framework for the few routes where somebody waits at a barrier."""

from typing import Protocol, runtime_checkable

from starlette.types import Receive, Scope, Send


@runtime_checkable
class AnswersAtOnce(Protocol):
    """A route that can answer some of its requests by itself, with the outcome that they have on the framework's way."""

    path: str

    async def answer_at_once(self, scope: Scope, receive: Receive, send: Send) -> Receive | None:
        """Answer; None: it is answered. Else what the framework receives, from the beginning: the request goes its way."""
        ...
