"""Static files: `/static/<room>/…` from each room, `/static/vendor/…` as the build put them there."""

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from registry.house import HOUSE, folders

VENDOR = HOUSE / "registry" / "static" / "vendor"


class FreshFiles(StaticFiles):
    """Files that a browser keeps but asks about each time, so that a new version is seen at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def mount(app: FastAPI) -> None:
    app.mount("/static/vendor", FreshFiles(directory=VENDOR, check_dir=False), name="vendor")
    for room, folder in folders("static").items():
        app.mount(f"/static/{room}", FreshFiles(directory=folder), name=f"static-{room}")
