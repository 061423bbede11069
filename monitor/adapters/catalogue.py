"""Every adapter under the name that a device's record gives."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from monitor.adapters import (
    axis_mqtt,
    dahua,
    dataq,
    frigate,
    gbt28181,
    hikvision,
    lilin,
    milesight,
    onvif_mqtt,
    onvif_xml,
    platerecognizer,
    tasmota,
    uhppoted,
    zigbee2mqtt,
)
from monitor.adapters.told import Read

Way = Literal["mqtt", "push"]


class Adapter(NamedTuple):
    """A way of speaking. `zh` and `en` are the words of the choice in the device's form."""

    read: Read
    ways: frozenset[Way]
    zh: str
    en: str


_MQTT: frozenset[Way] = frozenset({"mqtt"})
_PUSH: frozenset[Way] = frozenset({"push"})
_BOTH = _MQTT | _PUSH

ADAPTERS: Mapping[str, Adapter] = {
    "onvif_mqtt": Adapter(onvif_mqtt.read, _MQTT, "ONVIF 事件（MQTT）", "ONVIF over MQTT"),
    "onvif_xml": Adapter(onvif_xml.read, _BOTH, "ONVIF 事件（XML）", "ONVIF events as XML"),
    "axis_mqtt": Adapter(axis_mqtt.read, _MQTT, "安讯士摄像机（MQTT）", "Axis over MQTT"),
    "dataq": Adapter(dataq.read, _MQTT, "安讯士 DataQ 应用", "DataQ on Axis"),
    "frigate": Adapter(frigate.read, _MQTT, "Frigate 录像机", "Frigate"),
    "zigbee2mqtt": Adapter(zigbee2mqtt.read, _MQTT, "Zigbee 网关（Zigbee2MQTT）", "Zigbee2MQTT"),
    "tasmota": Adapter(tasmota.read, _MQTT, "Tasmota 设备", "Tasmota"),
    "uhppoted": Adapter(uhppoted.read, _MQTT, "UHPPOTE 门禁控制器", "UHPPOTE controllers"),
    "hikvision": Adapter(hikvision.read, _BOTH, "海康威视（ISAPI 推送）", "Hikvision ISAPI"),
    "dahua": Adapter(dahua.read, _BOTH, "大华（事件推送）", "Dahua eventManager"),
    "milesight": Adapter(milesight.read, _BOTH, "星纵（车牌推送）", "Milesight plates"),
    "lilin": Adapter(lilin.read, _BOTH, "利凌（HTTP 推送）", "LILIN HTTP post"),
    "gbt28181": Adapter(gbt28181.read, _BOTH, "国标 28181 报警", "GB/T 28181 alarms"),
    "platerecognizer": Adapter(platerecognizer.read, _BOTH, "Plate Recognizer 车牌识别", "Plate Recognizer"),
}
