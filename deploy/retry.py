"""Trying again, ever less often, until it works."""

import time
from dataclasses import dataclass

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 30.0


@dataclass(slots=True)
class Retry:
    """When the next try of something is due; `seconds` is the pause after the last failure, 0 when there was none."""

    seconds: float = 0.0
    _due: float = 0.0

    def is_due(self) -> bool:
        return time.monotonic() >= self._due

    def later(self) -> None:
        """Note a failure: the pause is doubled, up to half a minute."""
        self.seconds = min(max(self.seconds * 2, FIRST_SECONDS), LONGEST_SECONDS)
        self._due = time.monotonic() + self.seconds

    def done(self, *, look_again_seconds: float = FIRST_SECONDS) -> None:
        """Note a success; the next look is due after a second."""
        self.seconds = 0.0
        self._due = time.monotonic() + look_again_seconds
