"""What runs under one supervisor: the whole house, or one service of it."""

from dataclasses import dataclass
from enum import StrEnum

REGISTRY, GATEWAY, MONITOR = "registry", "gateway", "monitor"


@dataclass(frozen=True, slots=True)
class Form:
    """Which parts run. `rooms`: whose pages and API are served; a room brings its own processes with it."""

    name: str
    rooms: tuple[str, ...]
    port: int
    """Of pages and API, where no other is set."""

    @property
    def is_whole(self) -> bool:
        return self == WHOLE

    @property
    def web(self) -> str:
        """The name of the process that serves pages and API."""
        return "web" if self.is_whole else f"{self.name}-web"

    @property
    def supervisor(self) -> str:
        return "supervisor" if self.is_whole else f"{self.name}-supervisor"

    @property
    def stores(self) -> tuple[str, ...]:
        """The rooms whose stores its processes use: its own, and the registry's, which knows who may sign in."""
        return tuple(dict.fromkeys((REGISTRY, *self.rooms)))


WHOLE = Form("up", (REGISTRY, GATEWAY, MONITOR), 8080)
BROKER = Form("broker", (), 8084)


class ServiceName(StrEnum):
    """What `dayuan serve` can be asked for."""

    REGISTRY = "registry"
    GATEWAY = "gateway"
    MONITOR = "monitor"
    BROKER = "broker"


FORMS = {
    ServiceName.REGISTRY: Form("registry", (REGISTRY,), 8081),
    ServiceName.GATEWAY: Form("gateway", (GATEWAY,), 8082),
    ServiceName.MONITOR: Form("monitor", (MONITOR,), 8083),
    ServiceName.BROKER: BROKER,
}
