"""Dahua's eventManager: `Code=…;action=…;index=…;data={…}`, alone or as a part of its multipart stream."""

import re
from typing import Any

from monitor.adapters.onvif_topics import kind_of_object
from monitor.adapters.reading import flat, instant_of, number_of, object_of, short, text_of
from monitor.adapters.told import Foreign, Occurred, Stated, Told, Unreadable
from monitor.signals.reasons import DeadReason

_EVENT = re.compile(
    r"Code=(?P<code>\w+);\s*action=(?P<action>\w+)(?:;\s*index=(?P<index>\d+))?(?:;\s*data=\s*(?P<data>\{.*\}))?",
    re.DOTALL,
)
_TYPES: dict[str, tuple[str, dict[str, Any]]] = {
    "VideoMotion": ("camera.motion", {}),
    "SmartMotionHuman": ("camera.motion", {}),
    "SmartMotionVehicle": ("camera.motion", {}),
    "MoveDetection": ("camera.motion", {}),
    "FaceDetection": ("camera.motion", {}),
    "PIRAlarm": ("camera.motion", {}),
    "CrossLineDetection": ("camera.line_crossed", {}),
    "CrossFenceDetection": ("camera.line_crossed", {}),
    "CrossRegionDetection": ("camera.intrusion", {}),
    "WanderDetection": ("camera.loitering", {}),
    "StayDetection": ("camera.loitering", {}),
    "LeftDetection": ("camera.object_left", {}),
    "TakenAwayDetection": ("camera.object_removed", {}),
    "ParkingDetection": ("vehicle.parked", {}),
    "VideoBlind": ("camera.tamper", {"kind": "covered"}),
    "VideoUnFocus": ("camera.tamper", {"kind": "defocused"}),
    "SceneChange": ("camera.tamper", {"kind": "moved"}),
    "VideoAbnormalDetection": ("camera.tamper", {"kind": "moved"}),
    "VideoLoss": ("camera.signal_lost", {}),
    "StorageNotExist": ("camera.recording_gap", {"seconds": 0.0, "detail": "storage"}),
    "StorageFailure": ("camera.recording_gap", {"seconds": 0.0, "detail": "storage"}),
    "StorageLowSpace": ("camera.recording_gap", {"seconds": 0.0, "detail": "storage"}),
    "AlarmLocal": ("beam.interrupted", {}),
    "LoginFailure": ("camera.auth_failed", {}),
    "NetAbort": ("camera.line_fault", {"detail": "network"}),
    "IPConflict": ("camera.line_fault", {"detail": "ip conflict"}),
    "ChassisIntruded": ("camera.device_tamper", {}),
    "BatteryLowPower": ("camera.low_battery", {}),
    "PowerFault": ("camera.power_lost", {}),
    "FireDetection": ("fire.alarm", {}),
    "SmokeDetection": ("fire.alarm", {}),
}
"""The `Code`. Of the HTTP API's list for eventManager (as SaWey/home-assistant-dahua-event and rroller/dahua quote it):
`VideoMotion`, `VideoLoss`, `VideoBlind`, `AlarmLocal`, the crossings of lines and regions, `LeftDetection`,
`TakenAwayDetection`, `FaceDetection`, `WanderDetection` and the storage's. The others are names that were met and held
against no list yet. A code that is not here is kept as a state."""
_PHASES = {"Start": "start", "Stop": "end", "Pulse": "instant"}
_CORNERS = 4


def read(foreign: Foreign) -> Told:
    """Read one part of the stream; the channel is the child. A stream's own sign of life is a state."""
    text = text_of(foreign.payload)
    found = _EVENT.search(text)
    if found is None:
        if "Heartbeat" in text:
            return Stated({}, online=True)
        return Unreadable(DeadReason.BAD_DATA, "no Code=…;action=…")
    details: dict[str, Any] = {}
    if found["data"]:
        body = object_of(found["data"].encode())
        details = {"unreadable": short(found["data"])} if isinstance(body, Unreadable) else body
    child = found["index"]
    code, phase = found["code"], _PHASES.get(found["action"], "instant")
    time = _time(details, foreign)
    plate = _plate(details)
    if code.startswith("Traffic") and plate:
        return Occurred("dayuan.camera.plate_read", {"text": plate, "event": flat(details)}, time, child=child)
    if code not in _TYPES:
        return Stated({f"{code}.action"[:120]: found["action"], **flat(details)}, child=child)
    kind, begin = _TYPES[code]
    data = {
        **begin,
        "state": phase,
        "activity": f"{code}/{child}/{details.get('RuleId', '')}"[:200],
        "event": flat(details),
    }
    _name_what_is_there(kind, code, data, details)
    if kind == "beam.interrupted":
        data["beam_ids"] = [] if child is None else [child]
    return Occurred(f"dayuan.{kind}", data, time, child=child)


def _name_what_is_there(kind: str, code: str, data: dict[str, Any], details: dict[str, Any]) -> None:
    thing = details.get("Object")
    thing = thing if isinstance(thing, dict) else {}
    what = kind_of_object("human" if code.endswith("Human") else thing.get("ObjectType", code))
    seen: dict[str, Any] = {"kind": what, "track": short(thing["ObjectID"])[:200] if "ObjectID" in thing else None}
    if kind in {"camera.line_crossed", "camera.intrusion", "camera.loitering"}:
        name = short(details.get("Name", ""))[:200] or None
        data["line" if kind == "camera.line_crossed" else "region"] = name
        data["direction"] = short(details["Direction"])[:200] if "Direction" in details else None
        data |= {"kind": what, "track": seen["track"], "objects": [seen]}
    elif kind == "camera.motion":
        data["objects"] = [seen] if what != "unknown" or thing else []


def _time(details: dict[str, Any], foreign: Foreign) -> Any:
    """The device's UTC with its milliseconds; else its own clock, which is the site's.

    Some firmware writes its local time as if it were UTC: where both are told, the local one is believed.
    """
    local = details.get("LocaleTime")
    milliseconds = number_of(details.get("UTCMS")) or 0.0
    if isinstance(local, str) and (moment := instant_of(local, foreign.timezone)) is not None:
        return moment.replace(microsecond=int(milliseconds) % 1000 * 1000)
    seconds = number_of(details.get("UTC"))
    return None if seconds is None else instant_of(seconds + milliseconds / 1000, foreign.timezone)


def _plate(details: dict[str, Any]) -> str | None:
    for name in ("TrafficCar", "Object", "Plate"):
        part = details.get(name)
        if isinstance(part, dict):
            text = part.get("PlateNumber") or part.get("Text")
            if isinstance(text, str) and text:
                return short(text)[:40]
    return None
