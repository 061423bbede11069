"""What the simulators are told: where the product is, who they are, and who may turn up at the gates."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from deploy.processes.orders import Orders


class DeviceAccount(BaseModel):
    """A device as it signs in to the broker."""

    model_config = ConfigDict(frozen=True)

    address: str
    username: str
    password: str


class SimulatorOrders(Orders):
    """Everything that the simulated people and devices of oc1 need; nothing that a real one would not have."""

    url: str
    guard_token: str
    operator_token: str
    patrol_token: str
    admin_token: str
    broker_host: str
    broker_port: int
    devices: dict[str, DeviceAccount]
    site: str
    timezone: str
    gates: tuple[str, ...]
    plates: tuple[str, ...]
    cards: tuple[str, ...]
    last_year_plates: tuple[str, ...]
    revoked_cards: tuple[str, ...]
    strangers: tuple[str, ...]
    watched_camera: str
    """The camera whose drawn clip shows somebody crossing the lawn; its beam sees him too, now and then."""
    watched_beam: str
    other_camera: str
    clips: Path
    """Folder of the drawn clips."""
