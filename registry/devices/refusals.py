"""What the broker would not take of a device: how often, and its last topic. The broker's keeper writes it, pages read it."""

from collections.abc import Mapping
from pathlib import Path

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel, ValidationError

log = structlog.get_logger()

FILE = "refusals.json"
"""In the broker's folder of the data folder."""
TOPIC_SIGNS = 200
"""Of a topic, as it is kept and shown; who may not write there chose it freely."""


class RefusedPublishes(BaseModel):
    """What was refused of one account since the broker's log was first read. `topic` may be empty: the broker did not say."""

    model_config = ConfigDict(frozen=True)

    count: int = Field(ge=1)
    topic: str = Field(max_length=TOPIC_SIGNS)
    at: AwareDatetime


class _Written(RootModel[dict[str, RefusedPublishes]]):
    """The file: account names, as `oc1.beam.north-01`, to what was refused."""


def read_refusals(file: Path) -> Mapping[str, RefusedPublishes]:
    """By account. Empty where nothing was refused, or somebody else runs the broker; a damaged file is told in the log."""
    try:
        return _Written.model_validate_json(file.read_bytes()).root
    except FileNotFoundError:
        return {}
    except (OSError, ValidationError) as error:
        log.warning("refusals-unreadable", file=str(file), fault=str(error).splitlines()[0])
        return {}


def refusals_in(data_dir: Path) -> Mapping[str, RefusedPublishes]:
    """The same, of the broker that runs on this data folder."""
    return read_refusals(data_dir / "broker" / FILE)


def written_refusals(refusals: Mapping[str, RefusedPublishes]) -> bytes:
    """What `read_refusals` reads."""
    return _Written(dict(refusals)).model_dump_json().encode()
