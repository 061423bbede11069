"""What the page of the processes is given: `Parts.rooms["deploy"]`."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from fastapi import Request

from deploy.system.facts import HouseFacts
from registry.web.dependencies import parts_of


@dataclass(frozen=True, slots=True)
class SystemParts:
    """The folder in which the supervisors of this machine say how their processes are."""

    folder: Path

    def facts(self) -> list[HouseFacts]:
        """What they say, the whole house or one service each, in the order of their names."""
        found = (HouseFacts.in_file(file) for file in sorted(self.folder.glob("processes-*.json")))
        return [facts for facts in found if facts is not None]


def system_of(request: Request) -> SystemParts:
    return cast("SystemParts", parts_of(request).rooms["deploy"])
