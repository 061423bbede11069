"""What a topic of ONVIF, or of a maker that follows it, says in our types (reference: monitor 3.3)."""

from collections.abc import Mapping
from typing import Any

from monitor.adapters.reading import flat, is_on, local, number_of, short
from monitor.adapters.told import Occurred, Scalar, Stated
from registry.clock import Instant

_TYPES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("LineDetector/", "camera.line_crossed", {}),
    ("FenceGuard", "camera.line_crossed", {}),
    ("LoiteringDetector/", "camera.loitering", {}),
    ("LoiteringGuard", "camera.loitering", {}),
    ("FieldDetector/", "camera.intrusion", {}),
    ("IntrusionDetector/", "camera.intrusion", {}),
    ("ObjectAbandoned", "camera.object_left", {}),
    ("AbandonedObject", "camera.object_left", {}),
    ("ObjectRemoved", "camera.object_removed", {}),
    ("MissingObject", "camera.object_removed", {}),
    ("VideoSource/MotionAlarm", "camera.motion", {}),
    ("MotionDetector", "camera.motion", {}),
    ("MotionRegionDetector/", "camera.motion", {}),
    ("MotionGuard", "camera.motion", {}),
    ("ObjectAnalytics", "camera.motion", {}),
    ("ObjectDetection", "camera.motion", {}),
    ("MyRuleDetector/", "camera.motion", {}),
    ("/VMD", "camera.motion", {}),
    ("Sensor/PIR", "camera.motion", {}),
    ("SignalLoss", "camera.signal_lost", {}),
    ("VideoLost", "camera.signal_lost", {}),
    ("ImageTooDark", "camera.tamper", {"kind": "dark"}),
    ("ImageTooBright", "camera.tamper", {"kind": "bright"}),
    ("ImageTooBlurry", "camera.tamper", {"kind": "defocused"}),
    ("GlobalSceneChange", "camera.tamper", {"kind": "moved"}),
    ("ImpairedVisibility", "camera.tamper", {"kind": "covered"}),
    ("Tampering", "camera.tamper", {"kind": "covered"}),
    ("TamperDetector", "camera.tamper", {"kind": "covered"}),
    ("StorageFailure", "camera.recording_gap", {"seconds": 0.0, "detail": "storage"}),
    ("Storage/Alert", "camera.recording_gap", {"seconds": 0.0, "detail": "storage"}),
    ("Storage/Disruption", "camera.recording_gap", {"seconds": 0.0, "detail": "storage"}),
    ("PowerSupplyFailure", "camera.power_lost", {}),
    ("Network/Lost", "camera.line_fault", {}),
    ("AuthFailed", "camera.auth_failed", {}),
    ("Casing/Open", "camera.device_tamper", {}),
    ("ShockDetected", "camera.device_tamper", {"detail": "shock"}),
    ("DoorTamper", "door.device_tamper", {}),
    ("DoorForced", "door.forced", {}),
    ("AccessControl/Duress", "panic.pressed", {}),
    ("AccessControl/Denied", "gate.auth_failed", {}),
    ("AccessControl/AccessGranted", "gate.passage", {}),
    ("Trigger/DigitalInput", "beam.interrupted", {}),
    ("IO/Port", "beam.interrupted", {}),
    ("IO/VirtualInput", "beam.interrupted", {}),
    ("Smoke", "fire.alarm", {}),
    ("FireDetect", "fire.alarm", {}),
)
"""A part of the topic, the type and what its data begins with; the first that fits."""
_STATE_NAMES = (
    "state",
    "active",
    "ismotion",
    "isinside",
    "istamper",
    "logicalstate",
    "triggered",
    "lost",
    "alert",
    "failed",
    "open",
    "disruption",
)


def plain(topic: str) -> str:
    """A topic without its namespaces, which every maker writes in another way."""
    return "/".join(local(level) for level in topic.strip("/").split("/"))


def stated(topic: str, values: Mapping[str, Any], *, child: str | None = None) -> Stated:
    """The topic's values as properties of the device."""
    where = plain(topic)
    properties: dict[str, Scalar] = {
        short(f"{where}.{name}")[:120]: value for name, value in flat(dict(values)).items()
    }
    return Stated(properties or {short(where)[:120]: None}, child=child)


def said(
    topic: str, source: Mapping[str, Any], values: Mapping[str, Any], time: Instant | None, *, child: str | None = None
) -> Occurred | Stated:
    """What happened, or how it is where none of our types says it."""
    where = plain(topic)
    found = _found(where, values)
    if found is None:
        return stated(topic, {**source, **values}, child=child)
    kind, data = found
    is_active = _is_active(values)
    if is_active is not None and kind not in {"env.limit", "camera.people_count", "gate.barrier"}:
        data["state"] = "start" if is_active else "end"
        data["activity"] = short("/".join([where, *(str(value) for value in flat(dict(source)).values())]))[:200]
    data.update(topic=short(where), source=flat(dict(source)), values=flat(dict(values)))
    _name_what_is_there(kind, data, source, values)
    return Occurred(f"dayuan.{kind}", data, time, child=child)


def _found(where: str, values: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    if "Door/State/DoorAlarm" in where:
        word = " ".join(str(value) for value in values.values()).lower()
        return ("door.forced", {}) if "forced" in word else ("door.held", {}) if "long" in word else None
    if "DoorPhysicalState" in where:
        state = str(_one(values, "state")).lower()
        return ("gate.barrier", {"barrier": state}) if state in {"open", "closed", "fault"} else None
    if "Device/Sensor/" in where and "PIR" not in where:
        name = where.split("Device/Sensor/", 1)[1].split("/", maxsplit=1)[0]
        value = number_of(_one(values, "value"))
        limit = number_of(_one(values, "threshold", "limit"))
        return None if value is None else ("env.limit", {"name": short(name), "value": value, "limit": limit})
    if "LicensePlate" in where:
        text = _one(values, "platenumber", "plate", "licenseplate", "licenseplateinfo")
        return ("camera.plate_read", {"text": short(text)[:40]}) if isinstance(text, str) and text else None
    if "CountAggregation/" in where or "OccupancyCounter" in where:
        count = number_of(_one(values, "count", "occupancy", "total"))
        return ("camera.people_count", {"count": count}) if count is not None and count >= 0 else None
    return next(((kind, dict(begin)) for part, kind, begin in _TYPES if part in f"/{where}"), None)


def _name_what_is_there(kind: str, data: dict[str, Any], source: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    region = _one(source, "rule", "rulename", "profile", "areaid")
    if kind in {"camera.intrusion", "camera.loitering", "camera.motion", "camera.people_count"} and region is not None:
        data["region"] = short(region)
    if kind == "camera.line_crossed" and region is not None:
        data["line"] = short(region)
    if kind == "beam.interrupted":
        token = _one(source, "inputtoken", "port", "id")
        data["beam_ids"] = [] if token is None else [short(token)]
    kinds = _one(values, "classtypes", "objecttype", "class")
    track = _one(values, "objectid")
    if kind == "camera.motion" and (kinds is not None or track is not None):
        data["objects"] = [{"kind": kind_of_object(kinds), "track": None if track is None else short(track)}]
    elif kind.startswith("camera.") and track is not None:
        data["track"] = short(track)


def kind_of_object(name: object) -> str:
    """Person, vehicle or unknown, from the word of a maker."""
    word = str(name).lower()
    if any(part in word for part in ("human", "person", "pedestrian", "face", "head", "people")):
        return "person"
    if any(part in word for part in ("car", "vehicle", "truck", "bus", "bike", "cycle", "motor")):
        return "vehicle"
    return "unknown"


def _is_active(values: Mapping[str, Any]) -> bool | None:
    return next((on for name in _STATE_NAMES if (on := is_on(_one(values, name))) is not None), None)


def _one(values: Mapping[str, Any], *names: str) -> object:
    """The value of the first of these names, whatever its capitals."""
    lowered = {name.lower(): value for name, value in values.items()}
    return next((lowered[name] for name in names if name in lowered), None)
