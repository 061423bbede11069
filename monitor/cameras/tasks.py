"""What a camera worker is told to do."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, SecretStr

from monitor.cameras.config import CameraConfig
from registry.bus import BrokerAddress, Trust
from registry.ids import DeviceAddress


def _written_address(text: str) -> str:
    DeviceAddress.parse(text)
    return text


_Secret = Annotated[SecretStr, PlainSerializer(lambda secret: secret.get_secret_value(), when_used="json")]
"""Hidden wherever it is printed; written out only where the task is handed to the worker."""


class CameraTask(BaseModel):
    """One camera to watch. `source` (a file, played again and again, or an RTSP address) may hold a password."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: Annotated[str, AfterValidator(_written_address)]
    source: _Secret
    config: CameraConfig = CameraConfig()
    username: str
    password: _Secret

    @property
    def device(self) -> DeviceAddress:
        return DeviceAddress.parse(self.address)


class CameraGroup(BaseModel):
    """The cameras of one worker process, and where they send what they see."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cameras: Annotated[tuple[CameraTask, ...], Field(min_length=1)]
    broker_host: str
    broker_port: int = Field(ge=1, le=65535)
    broker_tls: bool = False
    broker_trust: Trust | None = None
    broker_trusted_file: Path | None = None
    media_url: str
    """Of the product itself, `http://127.0.0.1:8080`; pictures go to `/api/media` there."""

    def broker(self, task: CameraTask) -> BrokerAddress:
        """The broker as this camera signs in to it."""
        return BrokerAddress(
            host=self.broker_host,
            port=self.broker_port,
            username=task.username,
            password=task.password.get_secret_value(),
            tls=self.broker_tls,
            trust=self.broker_trust,
            trusted_file=self.broker_trusted_file,
        )
