"""Everything below ``/v1/admin``, put together."""

from __future__ import annotations

from starlette.routing import Route

from verax.surfaces.http.admin_backups import AdminBackupEndpoints
from verax.surfaces.http.admin_gate import AdminGate
from verax.surfaces.http.admin_models import AdminModelEndpoints
from verax.surfaces.http.admin_site import AdminSiteEndpoints
from verax.surfaces.http.admin_users import AdminUserEndpoints
from verax.surfaces.http.gate import Gate
from verax.surfaces.http.ports import Installation
from verax.surfaces.http.usage import UsageEndpoints

__all__ = ["administration"]


def administration(installation: Installation, gate: Gate) -> list[Route]:
    """Return the routes of administration."""
    office, governance, admin_gate = installation.office, installation.governance, AdminGate(gate)
    return [
        *AdminUserEndpoints(office, admin_gate).routes(),
        *AdminModelEndpoints(office, governance, admin_gate).routes(),
        *AdminSiteEndpoints(office, governance, installation.blobs, installation.health, admin_gate).routes(),
        *UsageEndpoints(office, gate, admin_gate).routes(),
        *AdminBackupEndpoints(office, installation.config, admin_gate).routes(),
    ]
