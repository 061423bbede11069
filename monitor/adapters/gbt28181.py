"""GB/T 28181: the body of an alarm or a keepalive that a SIP gateway hands over. Its times are the site's."""

from typing import Any

from monitor.adapters.reading import instant_of, short, xml_of
from monitor.adapters.told import Foreign, Occurred, Scalar, Stated, Told, Unreadable
from monitor.signals.reasons import DeadReason

_VIDEO: dict[str, tuple[str, dict[str, Any]]] = {
    "1": ("panic.pressed", {"detail": "seen by a person"}),
    "2": ("camera.motion", {}),
    "3": ("camera.object_left", {}),
    "4": ("camera.object_removed", {}),
    "5": ("camera.line_crossed", {}),
    "6": ("camera.intrusion", {}),
    "7": ("camera.line_crossed", {"direction": "wrong way"}),
    "8": ("camera.loitering", {}),
    "9": ("camera.motion", {"detail": "flow"}),
    "10": ("camera.motion", {"detail": "density"}),
    "11": ("camera.tamper", {"kind": "frozen"}),
    "12": ("camera.intrusion", {"detail": "fast movement"}),
    "13": ("camera.tamper", {"kind": "covered"}),
}
"""AlarmType of AlarmMethod 5, video (GB/T 28181-2016 and -2022, A.2.5; 13 is of 2022): 人工视频, 运动目标, 遗留物, 物体移除, 绊线,
入侵, 逆行, 徘徊, 流量, 密度, 视频异常, 快速移动, 图像遮挡."""
_DEVICE: dict[str, tuple[str, dict[str, Any]]] = {
    "1": ("camera.signal_lost", {}),
    "2": ("camera.device_tamper", {}),
    "3": ("camera.recording_gap", {"seconds": 0.0, "detail": "storage full"}),
    "4": ("camera.line_fault", {"detail": "overheated"}),
    "5": ("camera.line_fault", {"detail": "too cold"}),
}
"""AlarmType of AlarmMethod 2, the device's own alarms: 视频丢失, 防拆, 存储磁盘满, 高温, 低温."""
_FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "1": ("camera.recording_gap", {"seconds": 0.0, "detail": "storage disk"}),
    "2": ("camera.line_fault", {"detail": "storage fan"}),
}
"""AlarmType of AlarmMethod 6, broken devices: 存储设备磁盘故障, 存储设备风扇故障."""
_WORDS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("遮挡", "camera.tamper", {"kind": "covered"}),
    ("丢失", "camera.signal_lost", {}),
    ("移动侦测", "camera.motion", {}),
    ("入侵", "camera.intrusion", {}),
    ("越界", "camera.line_crossed", {}),
    ("绊线", "camera.line_crossed", {}),
    ("徘徊", "camera.loitering", {}),
    ("遗留", "camera.object_left", {}),
    ("防拆", "camera.device_tamper", {}),
    ("烟", "fire.alarm", {}),
    ("火", "fire.alarm", {}),
)
"""What the description says is more exact than the numbers, which gateways fill in as they like."""
_METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "1": ("panic.pressed", {"detail": "telephone"}),
    "2": ("camera.line_fault", {}),
    "3": ("panic.pressed", {"detail": "message"}),
    "5": ("camera.motion", {}),
    "6": ("camera.line_fault", {}),
}
"""AlarmMethod alone: 1 电话, 2 设备, 3 短信, 5 视频, 6 设备故障. Of 4 (GPS) and 7 (其他) one cannot say what happened: a state."""
_TYPES = {"2": _DEVICE, "5": _VIDEO, "6": _FAULTS}
_INTO, _OUT_OF = "1", "2"
"""EventType of an intrusion: into the region, or out of it."""


def read(foreign: Foreign) -> Told:
    """Read one body; the channel's or device's number of 20 digits is the child."""
    root = xml_of(foreign.payload)
    if isinstance(root, Unreadable) and b"GB2312" in foreign.payload[:80].upper():
        body = foreign.payload.decode("gb18030", errors="replace")
        root = xml_of(body.partition("?>")[2].encode())
    if isinstance(root, Unreadable):
        return root
    command = root.first("CmdType")
    child = root.first("DeviceID")[:200] or None
    properties: dict[str, Scalar] = {one.tag[:120]: short(one.text.strip()) for one in root.every() if one.text.strip()}
    if command == "Keepalive":
        return Stated({"Status": properties.get("Status")}, online=root.first("Status").upper() == "OK", child=child)
    if command != "Alarm":
        return Stated(properties, child=child) if command else Unreadable(DeadReason.BAD_DATA, "no CmdType")
    method, words = root.first("AlarmMethod"), root.first("AlarmDescription", "AlarmTypeDescription")
    numbered = root.first("AlarmType")
    found = next(((kind, begin) for part, kind, begin in _WORDS if part in words), None)
    if found is None:
        found = _TYPES.get(method, {}).get(numbered) or _METHODS.get(method)
    if found is None:
        return Stated(properties, child=child)
    kind, begin = found
    data = {**begin, "state": "instant", "alarm": properties}
    direction = {_INTO: "in", _OUT_OF: "out"}.get(root.first("EventType"))
    if kind == "camera.intrusion" and direction is not None:
        data["direction"] = direction
    time = instant_of(root.first("AlarmTime"), foreign.timezone)
    number = root.first("SN")
    # SN begins again when the device does, so it is an id only together with the time.
    return Occurred(
        f"dayuan.{kind}",
        data,
        time,
        f"{child}:{number}:{root.first('AlarmTime')}"[:200] if number and time else None,
        child,
    )
