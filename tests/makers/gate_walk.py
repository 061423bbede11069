"""A gate at which every verdict can be shown: who comes by in the walk through the guard's page."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import cv2
import numpy as np

from registry.access.facts import (
    AccessFacts,
    AreaFacts,
    CredentialKind,
    CredentialStatus,
    DayKind,
    GateFacts,
    GateRights,
    Ground,
    HolidayRule,
    LaneFacts,
    Passback,
    RestsOn,
    SiteCalendar,
)
from registry.access.parts import LanePart, MqttSettings, PartRole
from registry.calendar.rules import day_facts
from registry.ids import AreaId, GateId, LaneId, MediaId
from registry.levels.rules import Window
from registry.media.rules import MediaKind
from registry.messages.reasons import Reason
from tests.fakes.clock import NOON
from tests.makers.gateway import (
    INSIDE,
    NORTH,
    OC1,
    OC2,
    GateHouse,
    a_card,
    a_deny_entry,
    a_gate,
    a_holder,
    a_permit,
    access_facts,
)
from tests.makers.levels import a_level_fact

LAB, SHELTER, HALL = AreaId("oc1-lab"), AreaId("oc1-shelter"), AreaId("oc1-hall")
TWO, FIRST, FULL = GateId("oc1-lab-door"), GateId("oc1-shelter-door"), GateId("oc1-hall-door")
WALKER, SECOND, GUEST = "04A1B2C3", "04A1B2C4", "04A1B2C5"
AIRLOCK, CELLAR = GateId("oc1-vault-door"), AreaId("oc1-vault")
LENT = "04A1B2C6"
PERMIT = "鄂E12345"
OTHER_CAR = "鄂E12346"
"""On the same permit."""
UNKNOWN = "鄂E00000"
PIN_KEY = "ab" * 32
"""Under what a PIN is looked up."""
TODAY = NOON.date()
WORKDAYS = a_level_fact(name="workdays")
EVENINGS = a_level_fact(
    *(Window(day, 18 * 60, 20 * 60) for day in range(7)), name="evenings", holidays=HolidayRule.AS_USUAL
)
REFUSED = {
    "鄂E66666": Reason.DENIED_LIST,
    "0A000001": Reason.REPORTED_LOST,
    "0A000002": Reason.REVOKED,
    "0A000003": Reason.SUSPENDED,
    "鄂E99001": Reason.PERMIT_YEAR_OVER,
    "0A000004": Reason.LEASE_ENDED,
    "0A000005": Reason.PROJECT_ENDED,
    "0A000006": Reason.NOT_YET_VALID,
    "0A000007": Reason.EXPIRED,
    "0A000008": Reason.TRAINING_EXPIRED,
    "0A000009": Reason.WRONG_SITE,
    "0A00000A": Reason.NO_LEVEL,
    "0A00000D": Reason.HOLIDAY,
    "0A00000E": Reason.OUTSIDE_HOURS,
    "0A00000C": Reason.ALREADY_USED,
    "DY1:not.ours": Reason.BAD_SIGNATURE,
}
"""What is shown at the north gate, and why it is refused there."""


def walk_facts(photo: MediaId | None = None) -> AccessFacts:
    """Credentials for each reason; doors of areas where people come by twos, after a first person, or not at all."""
    over = RestsOn(ground=Ground.TENANCY, over_from=NOON - timedelta(days=2))
    project = RestsOn(ground=Ground.PROJECT, over_from=NOON - timedelta(days=2))
    untrained = RestsOn(ground=Ground.PROJECT, over_from=None, training_until=NOON - timedelta(days=1))
    guest = replace(a_holder("陈志远"), rights=GateRights(needs_escort=True))
    facts = access_facts(
        a_card(WALKER, holder=a_holder("王建国", photo=photo)),
        a_card(SECOND, holder=a_holder("欧阳晓燕")),
        a_card(GUEST, holder=guest),
        a_card(LENT, holder=a_holder("赵敏")),
        a_permit(PERMIT),
        replace(a_permit(OTHER_CAR), permit=a_permit(PERMIT).id, permit_number=None),
        a_permit("鄂E99001", year=2025),
        a_card("0A000001", holder=a_holder("刘洋"), status=CredentialStatus.REPORTED_LOST),
        a_card("0A000002", holder=a_holder("孙丽"), status=CredentialStatus.REVOKED),
        a_card("0A000003", holder=a_holder("周强"), status=CredentialStatus.SUSPENDED),
        a_card("0A000004", holder=a_holder("吴迪"), rests_on=over),
        a_card("0A000005", holder=a_holder("郑伟"), rests_on=project),
        a_card("0A000006", holder=a_holder("冯静"), valid_from=NOON + timedelta(days=3)),
        a_card("0A000007", holder=a_holder("褚卫东"), valid_until=NOON - timedelta(days=1)),
        a_card("0A000008", holder=a_holder("卫国"), rests_on=untrained),
        a_card("0A000009", holder=a_holder("蒋涛"), sites=(OC2,)),
        a_card("0A00000A", holder=a_holder("沈洁"), gates=(TWO,)),
        a_card("0A00000B", holder=a_holder("韩雪")),
        replace(a_card("0A00000C", holder=a_holder("杨帆")), entries_allowed=0),
        replace(a_card("0A00000D", holder=a_holder("朱红")), levels=(WORKDAYS.id,)),
        replace(a_card("0A00000E", holder=a_holder("秦朗")), levels=(EVENINGS.id,)),
        replace(a_card(PIN_KEY, holder=a_holder("许可")), kind=CredentialKind.PIN),
        denied=(a_deny_entry("鄂E66666", words="两次冲闯大门，报派出所"),),
        gates=(
            replace(a_gate(), parts=(a_barrier_of(),)),
            _a_door(TWO, LAB, "化验室", "Laboratory"),
            _a_door(FIRST, SHELTER, "档案库", "Archive"),
            _a_door(FULL, HALL, "会议厅", "Hall"),
            _a_door(AIRLOCK, CELLAR, "地下金库", "Vault", interlock=True, passage_seconds=60),
        ),
    )
    areas = {
        LAB: AreaFacts(id=LAB, site=OC1, passback_people=Passback.OFF, passback_vehicles=Passback.OFF, two_person=True),
        SHELTER: AreaFacts(
            id=SHELTER, site=OC1, passback_people=Passback.OFF, passback_vehicles=Passback.OFF, first_person=True
        ),
        HALL: AreaFacts(
            id=HALL, site=OC1, passback_people=Passback.OFF, passback_vehicles=Passback.OFF, capacity_people=0
        ),
        CELLAR: AreaFacts(id=CELLAR, site=OC1, passback_people=Passback.OFF, passback_vehicles=Passback.OFF),
    }
    return replace(
        facts,
        areas={**facts.areas, **areas},
        levels={level.id: level for level in (WORKDAYS, EVENINGS)},
        calendars={
            OC1: SiteCalendar(days={TODAY: day_facts(TODAY, DayKind.HOLIDAY)}, years_known=frozenset({TODAY.year}))
        },
    )


def put_photo(house: GateHouse) -> MediaId:
    """A portrait, as far as a test can draw one."""
    picture = np.full((460, 360, 3), (214, 224, 230), np.uint8)
    cv2.ellipse(picture, (180, 430), (130, 160), 0, 180, 360, (104, 74, 52), -1)
    cv2.circle(picture, (180, 190), 82, (150, 180, 214), -1)
    cv2.ellipse(picture, (180, 150), (86, 60), 0, 180, 360, (34, 30, 28), -1)
    jpeg = bytes(cv2.imencode(".jpg", picture)[1])
    return house.parts.media.put(jpeg, site=OC1, kind=MediaKind.PHOTO).id


def _a_door(name: GateId, area: AreaId, name_zh: str, name_en: str, **lane_is: Any) -> GateFacts:
    lane = LaneFacts(id=LaneId(f"{name}-1"), direction=None, from_area=INSIDE, to_area=area, manned=True, **lane_is)
    return replace(a_gate(name, lanes=(lane,)), name_zh=name_zh, name_en=name_en)


def a_barrier_of(gate: GateId = NORTH) -> LanePart:
    """One that nobody drives in a test: it is told, and does not open."""
    settings = MqttSettings(device="oc1/gate/north")
    return LanePart(site=OC1, gate=gate, lane=LaneId(f"{gate}-1"), role=PartRole.BARRIER, position=1, settings=settings)
