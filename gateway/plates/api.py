"""`POST /api/gateway/plates/readings`: the plates in a picture."""

from typing import Annotated

from fastapi import APIRouter, Depends, UploadFile
from pydantic import BaseModel

from gateway.dependencies import TheDesk
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.plates.grammar import PlateColour, PlateKind
from registry.plates.reading import PlateReading
from registry.problems import TooLarge, Unavailable, problems

router = APIRouter(prefix="/api/gateway/plates", tags=["gateway"])


class PlateRead(BaseModel):
    """A plate that was read; `box` goes round it in pixels of the picture."""

    text: str
    score: float
    box: list[tuple[float, float]]
    color: PlateColour | None
    kind: PlateKind

    @classmethod
    def of(cls, reading: PlateReading) -> "PlateRead":
        return cls(
            text=reading.text, score=reading.score, box=list(reading.box), color=reading.color, kind=reading.kind
        )


class PlatesRead(BaseModel):
    plates: list[PlateRead]


@router.post("/readings", responses=problems(TooLarge, Unavailable))
async def read_plates(
    picture: UploadFile, _guard: Annotated[Principal, Depends(requires(Permission.GATE_CHECK))], desk: TheDesk
) -> PlatesRead:
    """Read the plates in a JPEG, PNG or WebP; the surest first, none when there are none."""
    readings = await desk.plates.read(await picture.read())
    return PlatesRead(plates=[PlateRead.of(reading) for reading in readings])
