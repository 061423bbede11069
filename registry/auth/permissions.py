"""Who may do what: one table of role × permission. `tests/golden/permissions.txt` is its print."""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What somebody works as (CONTRACT 6); the last three are programs."""

    GUARD = "guard"
    OPERATOR = "operator"
    PATROL = "patrol"
    CLERK = "clerk"
    SECURITY_OFFICER = "security_officer"
    POLICE = "police"
    UNIT_OFFICER = "unit_officer"
    HOST = "host"
    AUDITOR = "auditor"
    ADMIN = "admin"
    READER = "reader"
    KIOSK = "kiosk"
    EDGE = "edge"


class Permission(StrEnum):
    """What a route asks for."""

    GATE_CHECK = "gate.check"
    GATE_DECIDE = "gate.decide"
    GATE_OPEN = "gate.open"
    AREA_CLOSE = "area.close"
    DURESS_READ = "duress.read"
    ENTRIES_READ = "entries.read"
    PRESENCE_READ = "presence.read"
    PRESENCE_FORGIVE = "presence.forgive"
    PRESENCE_LIMIT = "presence.limit"
    MUSTER_CALL = "muster.call"
    REGISTRY_READ = "registry.read"
    REGISTRY_WRITE = "registry.write"
    UNIT_READ = "unit.read"
    UNIT_APPLY = "unit.apply"
    PERMITS_APPROVE = "permits.approve"
    DEVICES_READ = "devices.read"
    DEVICES_MANAGE = "devices.manage"
    USERS_MANAGE = "users.manage"
    SIGNALS_READ = "signals.read"
    BEAMS_TEST = "beams.test"
    DEAD_LETTERS_TRY = "dead_letters.try"
    ALARMS_READ = "alarms.read"
    ALARMS_HANDLE = "alarms.handle"
    ALARMS_CLOSE_PRIORITY_1 = "alarms.close_priority_1"
    ZONES_ARM = "zones.arm"
    ZONES_PLAN = "zones.plan"
    PATROLS_READ = "patrols.read"
    PATROL_SCAN = "patrol.scan"
    MEDIA_READ = "media.read"
    MEDIA_WRITE = "media.write"
    AUDIT_READ = "audit.read"
    SYSTEM_READ = "system.read"


_P = Permission

TABLE: Mapping[Role, frozenset[Permission]] = {
    Role.GUARD: frozenset(
        {
            _P.GATE_CHECK,
            _P.GATE_DECIDE,
            _P.GATE_OPEN,
            _P.ENTRIES_READ,
            _P.PRESENCE_READ,
            _P.PRESENCE_FORGIVE,
            _P.MUSTER_CALL,
            _P.MEDIA_READ,
        }
    ),
    Role.OPERATOR: frozenset(
        {
            _P.AREA_CLOSE,
            _P.DURESS_READ,
            _P.ENTRIES_READ,
            _P.PRESENCE_READ,
            _P.PRESENCE_FORGIVE,
            _P.MUSTER_CALL,
            _P.DEVICES_READ,
            _P.SIGNALS_READ,
            _P.BEAMS_TEST,
            _P.ALARMS_READ,
            _P.ALARMS_HANDLE,
            _P.ZONES_ARM,
            _P.PATROLS_READ,
            _P.MEDIA_READ,
            _P.SYSTEM_READ,
        }
    ),
    Role.PATROL: frozenset({_P.PATROL_SCAN, _P.PATROLS_READ}),
    Role.CLERK: frozenset(
        {_P.REGISTRY_READ, _P.REGISTRY_WRITE, _P.ENTRIES_READ, _P.DEVICES_READ, _P.MEDIA_READ, _P.MEDIA_WRITE}
    ),
    Role.SECURITY_OFFICER: frozenset(
        {
            _P.GATE_OPEN,
            _P.AREA_CLOSE,
            _P.DURESS_READ,
            _P.ENTRIES_READ,
            _P.PRESENCE_READ,
            _P.PRESENCE_FORGIVE,
            _P.PRESENCE_LIMIT,
            _P.MUSTER_CALL,
            _P.REGISTRY_READ,
            _P.REGISTRY_WRITE,
            _P.PERMITS_APPROVE,
            _P.DEVICES_READ,
            _P.SIGNALS_READ,
            _P.BEAMS_TEST,
            _P.DEAD_LETTERS_TRY,
            _P.ALARMS_READ,
            _P.ALARMS_HANDLE,
            _P.ALARMS_CLOSE_PRIORITY_1,
            _P.ZONES_ARM,
            _P.ZONES_PLAN,
            _P.PATROLS_READ,
            _P.MEDIA_READ,
            _P.MEDIA_WRITE,
            _P.AUDIT_READ,
            _P.SYSTEM_READ,
        }
    ),
    Role.POLICE: frozenset({_P.DURESS_READ, _P.ENTRIES_READ, _P.ALARMS_READ, _P.MEDIA_READ}),
    Role.UNIT_OFFICER: frozenset({_P.UNIT_READ, _P.UNIT_APPLY}),
    Role.HOST: frozenset(),
    Role.AUDITOR: frozenset({_P.AUDIT_READ}),
    Role.ADMIN: frozenset(
        {
            _P.REGISTRY_READ,
            _P.DEVICES_READ,
            _P.DEVICES_MANAGE,
            _P.USERS_MANAGE,
            _P.SIGNALS_READ,
            _P.DEAD_LETTERS_TRY,
            _P.SYSTEM_READ,
        }
    ),
    Role.READER: frozenset({_P.GATE_CHECK, _P.MEDIA_WRITE}),
    Role.KIOSK: frozenset({_P.GATE_CHECK}),
    Role.EDGE: frozenset({_P.GATE_CHECK, _P.ENTRIES_READ}),
}
"""`unit_officer` holds what it holds for the unit of its grant only. `host` is for one's own visitors, whom no route
knows yet: it opens one's own account and nothing else."""

AT_A_GATE = frozenset({_P.GATE_CHECK, _P.GATE_DECIDE, _P.GATE_OPEN, _P.ENTRIES_READ})
"""What is asked of one gate: who is bound to a gate may it there, and not at the site's others."""
FOR_A_GATE = AT_A_GATE | {_P.PRESENCE_READ, _P.MUSTER_CALL, _P.MEDIA_READ, _P.MEDIA_WRITE}
"""All that somebody bound to a gate may, whatever their role: what is not asked of the gate, at its whole site."""
OF_A_UNIT = frozenset({_P.UNIT_READ, _P.UNIT_APPLY})
"""What is held for one unit's people and permits."""
PROGRAMS = frozenset({Role.READER, Role.KIOSK, Role.EDGE})
"""Roles of machines, each of which stands at one gate."""


def table_as_text() -> str:
    """The table as a person reads it: a line for each permission, a column for each role."""
    width = max(len(permission) for permission in Permission)
    lines = [" " * width + "".join(f"  {role}" for role in Role)]
    for permission in Permission:
        marks = (("x" if permission in TABLE[role] else "-").center(len(role)) for role in Role)
        lines.append(permission.ljust(width) + "".join(f"  {mark}" for mark in marks))
    return "\n".join(line.rstrip() for line in lines) + "\n"
