"""The pages of the zones: who is led to the page on which they are armed."""

from pathlib import Path

from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.auth.service import add_token
from registry.ids import SiteId
from registry.pages import routers
from tests.makers.registry import a_keyring, a_zone
from tests.makers.web import a_browser, some_parts


def test_who_reads_alarms_is_led_to_the_page_on_which_zones_are_armed(tmp_path: Path) -> None:
    parts = some_parts(tmp_path)
    parts.rooms["registry"] = a_keyring()
    grants = [Grant(Role.OPERATOR, SiteId("oc1")), Grant(Role.ADMIN, SiteId("oc2"))]
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        for site in ("oc1", "oc2"):
            a_zone(work.session, f"{site}-wall", site=site, members=[(f"{site}/beam/north-01", None)])
        token = add_token(work.session, name="both", grants=grants, now=work.now)
    with a_browser(parts, *routers(), bearer=token) as browser:
        pages = [browser.get(path) for path in ("/registry/zones", "/registry/devices/oc1/beam/north-01")]
        there = browser.get("/registry/devices/oc2/beam/north-01")
    for page in pages:
        assert page.status_code == 200
        assert "/control-room/zones?site=oc1" in page.text
    for page in (pages[0], there):
        assert 'id="z-oc2-wall"' in page.text
        assert "/control-room/zones?site=oc2" not in page.text
