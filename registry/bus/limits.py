"""What a broker takes: a message beyond this ends the connection, and would end it again each time it is tried."""

import re

MAX_PAYLOAD_BYTES = 1024 * 1024 - 4096
"""Ours and most others take 1 MiB, and count the topic and headers of their own into it."""
MAX_TOPIC_BYTES = 65_535
_UNSPEAKABLE = re.compile(r"[\s+#\x00]")


def fault_of_message(topic: str, payload: bytes) -> str | None:
    """Why no broker would take this message; None: nothing is wrong with it."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        return f"its {len(payload)} bytes are more than {MAX_PAYLOAD_BYTES}"
    if not topic:
        return "it has no topic"
    if _UNSPEAKABLE.search(topic):
        return "its topic holds a blank or a wildcard"
    if len(topic.encode(errors="replace")) > MAX_TOPIC_BYTES:
        return f"its topic is longer than {MAX_TOPIC_BYTES} bytes"
    return None
