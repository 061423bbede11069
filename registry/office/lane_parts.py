"""`/registry/sites/{site}/gates/{gate}/lanes/{lane}/…`: what a lane has, and whether a fire alarm opens it; the page is the gate's."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, ValidationError

from registry.access.parts import SETTINGS, DriverKind, PartRole, PartSettings
from registry.auth.permissions import Permission
from registry.ids import GateId, LaneId
from registry.lane_parts import service
from registry.lane_parts.api import InPath, Manager, Position
from registry.office.forms import Sent, Typed
from registry.office.scene import go
from registry.office.sites import gate_page_with
from registry.problems import Unprocessable
from registry.sites import gates
from registry.sites.plan_api import AtSite
from registry.web.dependencies import RegistryWork

router = APIRouter(prefix="/registry/sites/{site}/gates/{gate}/lanes/{lane}", include_in_schema=False)
_OF_DRIVER = {
    DriverKind.MQTT: ("device",),
    DriverKind.OSDP: ("line", "pd", "number", "contact", "key"),
    DriverKind.UHPPOTE: ("controller", "address", "door"),
}
_BESIDE = {"lane-part-not-taken": "driver", "lane-part-no-device": "device"}


class SettingsWrong(Unprocessable):
    slug = "lane-part-settings"
    title = "These settings do not fit the driver"


class PartForm(BaseModel):
    """The fields of all drivers; those of the chosen one are read."""

    role: PartRole
    position: int = Field(ge=1, le=2)
    driver: DriverKind
    device: str | None = None
    line: str | None = None
    pd: str | None = None
    number: str | None = None
    contact: str | None = None
    key: str | None = None
    controller: str | None = None
    address: str | None = None
    door: str | None = None

    @property
    def settings(self) -> PartSettings:
        """Raises: SettingsWrong: they are not the driver's."""
        sent = {name: getattr(self, name) for name in _OF_DRIVER[self.driver]}
        filled = {name: value for name, value in sent.items() if value is not None}
        try:
            return SETTINGS.validate_python({"driver": self.driver, **filled})
        except ValidationError as error:
            raise SettingsWrong("The settings do not fit the driver.") from error


class FireForm(BaseModel):
    opens: bool


@router.post("/parts", response_model=None)
def set_part(
    *, request: Request, site: AtSite, gate: InPath, lane: InPath, manager: Manager, work: RegistryWork, sent: Sent
) -> Response:
    manager.require(Permission.DEVICES_MANAGE, site)
    form = Typed(sent, beside=_BESIDE)
    with form.trying(work.session):
        fields = form.read(PartForm)
        row = gates.lane_of(work.session, site, LaneId(lane))
        service.set_part(
            work.session,
            row,
            fields.role,
            fields.position,
            fields.settings,
            read=form.revision,
            by=manager.name,
            now=work.now,
        )
        return go(f"/registry/sites/{site}/gates/{gate}")
    return gate_page_with(request, site, GateId(gate), manager, work, form=form, about=f"parts:{lane}")


@router.post("/parts/{role}/{position}/removal", response_model=None)
def remove_part(
    *,
    request: Request,
    site: AtSite,
    gate: InPath,
    lane: InPath,
    role: PartRole,
    position: Position,
    manager: Manager,
    work: RegistryWork,
    sent: Sent,
) -> Response:
    manager.require(Permission.DEVICES_MANAGE, site)
    form = Typed(sent)
    with form.trying(work.session):
        row = gates.lane_of(work.session, site, LaneId(lane))
        service.remove_part(work.session, row, role, position, read=form.revision, by=manager.name, now=work.now)
        return go(f"/registry/sites/{site}/gates/{gate}")
    return gate_page_with(request, site, GateId(gate), manager, work, form=form, about=f"parts:{lane}")


@router.post("/on-fire", response_model=None)
def open_on_fire(
    *, request: Request, site: AtSite, gate: InPath, lane: InPath, manager: Manager, work: RegistryWork, sent: Sent
) -> Response:
    manager.require(Permission.DEVICES_MANAGE, site)
    form = Typed(sent)
    with form.trying(work.session):
        opens = form.read(FireForm).opens
        row = gates.lane_of(work.session, site, LaneId(lane))
        service.open_on_fire(work.session, row, opens=opens, read=form.revision, by=manager.name, now=work.now)
        return go(f"/registry/sites/{site}/gates/{gate}")
    return gate_page_with(request, site, GateId(gate), manager, work, form=form, about=f"parts:{lane}")
