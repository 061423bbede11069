"""Hikvision's ISAPI: an `EventNotificationAlert` as XML, or as JSON on newer devices, ANPR included."""

from typing import Any

from monitor.adapters.onvif_topics import kind_of_object
from monitor.adapters.reading import Element, flat, instant_of, number_of, object_of, short, xml_of
from monitor.adapters.told import Foreign, Occurred, Scalar, Stated, Told, Unreadable
from monitor.signals.reasons import DeadReason

_TYPES: dict[str, tuple[str, dict[str, Any]]] = {
    "vmd": ("camera.motion", {}),
    "motion": ("camera.motion", {}),
    "pir": ("camera.motion", {}),
    "group": ("camera.motion", {"detail": "a group"}),
    "rapidmove": ("camera.intrusion", {"detail": "fast movement"}),
    "facedetection": ("camera.motion", {}),
    "fielddetection": ("camera.intrusion", {}),
    "regionentrance": ("camera.intrusion", {"direction": "in"}),
    "regionexiting": ("camera.intrusion", {"direction": "out"}),
    "linedetection": ("camera.line_crossed", {}),
    "loitering": ("camera.loitering", {}),
    "unattendedbaggage": ("camera.object_left", {}),
    "attendedbaggage": ("camera.object_removed", {}),
    "tamperdetection": ("camera.tamper", {"kind": "covered"}),
    "shelteralarm": ("camera.tamper", {"kind": "covered"}),
    "scenechangedetection": ("camera.tamper", {"kind": "moved"}),
    "defocus": ("camera.tamper", {"kind": "defocused"}),
    "videoloss": ("camera.signal_lost", {}),
    "videomismatch": ("camera.signal_lost", {"detail": "videomismatch"}),
    "badvideo": ("camera.signal_lost", {"detail": "badvideo"}),
    "diskfull": ("camera.recording_gap", {"seconds": 0.0, "detail": "diskfull"}),
    "diskerror": ("camera.recording_gap", {"seconds": 0.0, "detail": "diskerror"}),
    "recordingfailure": ("camera.recording_gap", {"seconds": 0.0, "detail": "recordingfailure"}),
    "illaccess": ("camera.auth_failed", {}),
    "nicbroken": ("camera.line_fault", {"detail": "nicbroken"}),
    "ipconflict": ("camera.line_fault", {"detail": "ipconflict"}),
    "io": ("beam.interrupted", {}),
    "parking": ("vehicle.parked", {}),
    "firedetection": ("fire.alarm", {}),
    "smokedetection": ("fire.alarm", {}),
    "smokeandfiredetection": ("fire.alarm", {}),
}
"""The `eventType` in small letters. Of the device network SDK's handbook (open.hikvision.com: EventTriggersCap, exceptionType of
EventAbility) and of what pyHik's SENSOR_MAP has met on devices; `tfs`, `parking`, fire and smoke are of newer firmware alone."""
_PLATE = frozenset({"anpr", "vehicledetection", "tfs"})


def read(foreign: Foreign) -> Told:
    """Read one alert; the channel of a recorder is the child."""
    if foreign.payload.lstrip()[:1] == b"{":
        body = object_of(foreign.payload)
        root: Element | Unreadable = (
            body if isinstance(body, Unreadable) else _as_element("EventNotificationAlert", body)
        )
    else:
        root = xml_of(foreign.payload)
    if isinstance(root, Unreadable):
        return root
    kind = root.first("eventType").lower().replace(" ", "")
    if not kind:
        return Unreadable(DeadReason.BAD_DATA, f"no eventType in {root.tag[:80]}")
    time = instant_of(root.first("dateTime"), foreign.timezone)
    channel = root.first("channelID", "dynChannelID", "videoInputChannelID")
    child = channel[:200] or None
    if kind in _PLATE or root.first("licensePlate"):
        return _plate(root, time=time, child=child)
    if kind not in _TYPES or (root.first("eventState") == "inactive" and kind == "videoloss"):
        return Stated(
            _properties(root, kind), child=child
        )  # a loss that is none is how these devices say that they live
    ours, begin = _TYPES[kind]
    inactive = root.first("eventState") == "inactive"
    region = root.first("regionID", "lineID")
    data = {
        **begin,
        "state": "end" if inactive else "start",
        "activity": f"{kind}/{channel}/{region or root.first('inputIOPortID')}"[:200],
        "region": short(region) or None,
        "kind": begin.get("kind") or kind_of_object(root.first("detectionTarget", "targetType")),
        "alert": _properties(root, kind),
    }
    if ours == "beam.interrupted":
        data |= {"beam_ids": [short(root.first("inputIOPortID"))]}
    return Occurred(f"dayuan.{ours}", data, time, child=child)


def _plate(root: Element, *, time: Any, child: str | None) -> Told:
    text = root.first("licensePlate", "plateNumber", "plateNo")
    if not text or text.lower() in {"unknown", "noplate", "无车牌", "车牌"}:
        return Stated(_properties(root, "anpr"), child=child)
    score = number_of(root.first("confidenceLevel", "entireBelieve"))
    color = root.first("plateColor")
    data = {
        "text": short(text)[:40],
        "score": None if score is None else score / 100,
        "color": short(color) if color and color != "unknown" else None,
        "direction": short(root.first("direction")) or None,
        "alert": _properties(root, "anpr"),
    }
    return Occurred("dayuan.camera.plate_read", data, time, root.first("UUID")[:200] or None, child)


def _properties(root: Element, kind: str) -> dict[str, Scalar]:
    properties = {f"{kind}.{one.tag}"[:120]: short(one.text.strip()) for one in root.every() if one.text.strip()}
    return dict(list(properties.items())[:100])


def _as_element(tag: str, value: object) -> Element:
    element = Element(tag, {})
    if isinstance(value, dict):
        element.children = [
            _as_element(name, one)
            for name, many in value.items()
            for one in (many if isinstance(many, list) else [many])
        ]
    else:
        element.text = "" if value is None else str(next(iter(flat(value).values()), ""))
    return element
