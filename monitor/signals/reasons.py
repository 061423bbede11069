"""Why a message was set aside; the words are in the catalogue under `signals.reason_<value>`."""

from enum import StrEnum


class DeadReason(StrEnum):
    """Why a message was set aside."""

    TOO_LARGE = "too_large"
    BAD_TOPIC = "bad_topic"
    UNKNOWN_DEVICE = "unknown_device"
    DISABLED_DEVICE = "disabled_device"
    NO_ADAPTER = "no_adapter"
    BAD_JSON = "bad_json"
    TOO_DEEP = "too_deep"
    NOT_AN_ENVELOPE = "not_an_envelope"
    WRONG_SOURCE = "wrong_source"
    UNKNOWN_TYPE = "unknown_type"
    WRONG_CLASS = "wrong_class"
    BAD_DATA = "bad_data"
    FUTURE = "future"
    ID_REUSED = "id_reused"
    UNSTORABLE = "unstorable"
