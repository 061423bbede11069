"""Which cameras our own worker watches: those of the register that have a source."""

import structlog
from pydantic import ValidationError

from monitor.cameras.config import CameraConfig
from monitor.cameras.tasks import CameraTask
from registry.devices.facts import DeviceFacts, Register
from registry.devices.secrets import device_secret

log = structlog.get_logger()


def camera_tasks(register: Register, key: bytes) -> tuple[CameraTask, ...]:
    """A task for each enabled camera with a source; its secret is derived anew from the data folder's key.

    A camera whose regions cannot be watched is left out and logged: it must not keep the others from being watched.
    """
    tasks = []
    for device in register.devices.values():
        if device.address.kind == "camera" and device.enabled and device.source:
            try:
                tasks.append(_task(device, key))
            except ValidationError as error:
                log.warning("camera-cannot-be-watched", camera=str(device.address), fault=error.errors()[0]["msg"])
    return tuple(tasks)


def _task(device: DeviceFacts, key: bytes) -> CameraTask:
    regions = [{"id": region.id, "polygon": region.polygon, "rules": list(region.rules)} for region in device.regions]
    return CameraTask.model_validate(
        {
            "address": str(device.address),
            "source": device.source,
            "config": CameraConfig.model_validate({"regions": regions}),
            "username": device.address.username,
            "password": device_secret(key, device.address, device.secret_generation),
        }
    )
