"""ONVIF events as XML: a `tt:MetadataStream` or a notification, and the answer that lists what a device can say.

`PropertyOperation` "Initialized" and "Deleted" say how it is; "Changed", or none, that it happened.
"""

from monitor.adapters.onvif_topics import plain, said, stated
from monitor.adapters.reading import Element, instant_of, short, xml_of
from monitor.adapters.told import Foreign, Occurred, Scalar, Stated, Told, Unreadable
from monitor.signals.reasons import DeadReason


def read(foreign: Foreign) -> Told:
    """Read one document. Of several notifications the first that happened is the event and names the others in its data."""
    root = xml_of(foreign.payload)
    if isinstance(root, Unreadable):
        return root
    told = [_notification(message, foreign) for message in root.every("NotificationMessage")]
    if not told:
        instances = _instances(root)
        return instances or Unreadable(DeadReason.BAD_DATA, f"no notification in {root.tag[:80]}")
    event = next((one for one in told if isinstance(one, Occurred)), None)
    if event is None:
        return Stated(
            {name: value for one in told if isinstance(one, Stated) for name, value in one.properties.items()}
        )
    others = [one._asdict() | {"time": None} for one in told if one is not event]
    return event._replace(data={**event.data, "others": others}) if others else event


def _notification(notification: Element, foreign: Foreign) -> Occurred | Stated:
    topic = notification.first("Topic")
    message = next((found for found in notification.every("Message") if "UtcTime" in found.attributes), notification)
    source = {**_items(message, "Source"), **_items(message, "Key")}
    data = _items(message, "Data")
    if foreign.retained or message.attributes.get("PropertyOperation") in ("Initialized", "Deleted"):
        return stated(topic, {**source, **data})
    return said(topic, source, data, instant_of(message.attributes.get("UtcTime"), foreign.timezone))


def _items(message: Element, part: str) -> dict[str, str]:
    return {
        short(item.attributes.get("Name", "")): item.attributes.get("Value", "")
        for group in message.children
        if group.tag == part
        for item in group.every("SimpleItem")
    }


def _instances(root: Element) -> Stated | None:
    """What the device can say: each topic with whether it is a property."""
    properties: dict[str, Scalar] = {}

    def look(element: Element, path: tuple[str, ...]) -> None:
        for child in element.children:
            if child.tag == "MessageInstance":
                properties[f"can_say.{plain('/'.join(path))}"[:120]] = child.attributes.get("isProperty") == "true"
            else:
                look(child, (*path, child.tag))

    for topics in root.every("TopicSet"):
        look(topics, ())
    return Stated(properties) if properties else None
