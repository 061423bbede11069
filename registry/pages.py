"""The routers of the registry's features, as `deploy` mounts them."""

from fastapi import APIRouter

import registry.applications.api
import registry.calendar.api
import registry.denylist.api
import registry.devices.api
import registry.housing.api
import registry.housing.checks_api
import registry.housing.laying_api
import registry.housing.tenancies_api
import registry.lane_parts.api
import registry.levels.api
import registry.office.account
import registry.office.applications
import registry.office.audit
import registry.office.calendar
import registry.office.credentials
import registry.office.denylist
import registry.office.devices
import registry.office.duplicates
import registry.office.issuing
import registry.office.lane_parts
import registry.office.layout
import registry.office.levels
import registry.office.overdue
import registry.office.overview
import registry.office.people
import registry.office.permit
import registry.office.person
import registry.office.person_file
import registry.office.plan
import registry.office.printing
import registry.office.projects
import registry.office.rooms
import registry.office.series
import registry.office.sessions
import registry.office.sites
import registry.office.tenancy
import registry.office.unit
import registry.office.unit_applications
import registry.office.units
import registry.office.user
import registry.office.users
import registry.passes.api
import registry.passes.pins_api
import registry.people.api
import registry.people.file_api
import registry.people.gate_rights_api
import registry.permits.api
import registry.permits.series_api
import registry.projects.api
import registry.sites.api
import registry.sites.gates_api
import registry.sites.plan_api
import registry.units.api
import registry.zones.api


def routers() -> list[APIRouter]:
    """Every API and page of the registry's features."""
    return [
        registry.sites.api.router,
        registry.sites.gates_api.router,
        registry.sites.plan_api.router,
        registry.lane_parts.api.router,
        registry.people.api.router,
        registry.people.file_api.router,
        registry.people.file_api.duplicates,
        registry.people.gate_rights_api.router,
        registry.housing.checks_api.router,
        registry.housing.laying_api.router,
        registry.housing.api.router,
        registry.housing.tenancies_api.router,
        registry.projects.api.router,
        registry.permits.api.router,
        registry.permits.series_api.router,
        registry.applications.api.router,
        registry.passes.api.router,
        registry.passes.pins_api.router,
        registry.calendar.api.router,
        registry.levels.api.router,
        registry.denylist.api.router,
        registry.devices.api.router,
        registry.zones.api.router,
        registry.office.overview.router,
        registry.office.account.router,
        registry.office.users.router,
        registry.office.user.router,
        registry.office.sessions.router,
        registry.office.audit.api,
        registry.office.audit.router,
        registry.office.unit.api,
        registry.office.unit.router,
        registry.office.unit_applications.router,
        registry.office.applications.router,
        registry.office.permit.router,
        registry.office.printing.router,
        registry.office.series.router,
        registry.office.people.router,
        registry.office.duplicates.router,
        registry.office.person.router,
        registry.office.person_file.router,
        registry.office.overdue.router,
        registry.office.rooms.router,
        registry.office.tenancy.router,
        registry.office.projects.router,
        registry.office.plan.router,
        registry.office.sites.router,
        registry.office.lane_parts.router,
        registry.units.api.router,
        registry.office.units.router,
        registry.office.calendar.router,
        registry.office.levels.router,
        registry.office.issuing.router,
        registry.office.layout.router,
        registry.office.credentials.router,
        registry.office.denylist.router,
        registry.office.devices.router,
    ]
