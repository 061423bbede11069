"""What the simulators are told: where the product is, who they are, and who may turn up at the gates."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from deploy.processes.orders import Orders
from deploy.simulators.day import Rhythm


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class DeviceAccount(_Told):
    """A device as it signs in to the broker."""

    address: str
    username: str
    password: str


class CompoundOrders(_Told):
    """A compound, and who may turn up there; `passes` are the texts of QR codes."""

    site: str
    rhythm: Rhythm
    share: float
    """How busy it is beside what is usual for its kind."""
    gates: tuple[str, ...]
    watched_walls: tuple[str, ...]
    """Names of the beams that have a camera of the same name."""
    plates: tuple[str, ...]
    cards: tuple[str, ...]
    passes: tuple[str, ...]
    last_year_plates: tuple[str, ...]
    stopped_cards: tuple[str, ...]
    strangers: tuple[str, ...]
    denied_plates: tuple[str, ...]


class SimulatorOrders(Orders):
    """Everything that the simulated people and devices of the city need; nothing that real ones would not have."""

    url: str
    token: str
    broker: str
    """The broker's address as `BrokerPlace` reads it."""
    devices: tuple[DeviceAccount, ...]
    """Those that nobody else plays."""
    barriers: tuple[DeviceAccount, ...]
    """Gates whose barriers open when they are told to."""
    timezone: str
    compounds: tuple[CompoundOrders, ...]
    watched_camera: str
    """The camera whose drawn clip shows somebody crossing the lawn; its beam sees him too, now and then."""
    watched_beam: str
    other_camera: str
    left_alone: tuple[str, ...]
    """Devices of the examples' zone: they live, and tell nothing of their own accord."""
    clips: Path
    """Folder of the drawn clips."""
