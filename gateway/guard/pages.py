"""The guard's page."""

from fastapi import APIRouter

router = APIRouter(prefix="/gate", include_in_schema=False)
