"""Alembic runs this; the work is in `registry.store.environment`."""

from registry.store import environment

environment.run()
