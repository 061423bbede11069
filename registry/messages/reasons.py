"""Verdict and reason: a closed table, in the order of the tests; the first that fails is told (CONTRACT 3)."""

from enum import StrEnum


class Verdict(StrEnum):
    """What a gate is told."""

    GRANTED = "granted"
    DENIED = "denied"
    REFER = "refer"


class Reason(StrEnum):
    """Why. The order here is the order of precedence; the words are in the catalogues under `reason.<code>`."""

    DENIED_LIST = "denied_list"
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_CREDENTIAL = "unknown_credential"
    PLATE_AMBIGUOUS = "plate_ambiguous"
    PLATE_MISMATCH = "plate_mismatch"
    REPORTED_LOST = "reported_lost"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    PERMIT_YEAR_OVER = "permit_year_over"
    LEASE_ENDED = "lease_ended"
    PROJECT_ENDED = "project_ended"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    TRAINING_EXPIRED = "training_expired"
    WRONG_SITE = "wrong_site"
    LOCKDOWN = "lockdown"
    NO_LEVEL = "no_level"
    HOLIDAY = "holiday"
    OUTSIDE_HOURS = "outside_hours"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    HOST_NOT_CONFIRMED = "host_not_confirmed"
    ESCORT_MISSING = "escort_missing"
    SECOND_PERSON_MISSING = "second_person_missing"
    FIRST_PERSON_MISSING = "first_person_missing"
    PASSBACK = "passback"
    ALREADY_USED = "already_used"
    QUOTA_FULL = "quota_full"
    AREA_FULL = "area_full"
    INTERLOCK = "interlock"
    STALE_EDGE = "stale_edge"
    OK = "ok"
    OK_SOFT_PASSBACK = "ok_soft_passback"
    OK_EMERGENCY = "ok_emergency"
    OK_GUARD = "ok_guard"
    GUARD_REFUSED = "guard_refused"
    UNDECIDED = "undecided"
