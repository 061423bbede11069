"""Whoever is on duty when nobody tries the demo: what has waited for hours is looked into and closed."""

from datetime import timedelta
from typing import Any

from deploy.simulators.city import City
from deploy.simulators.stage import Actor
from registry.clock import parse_instant

_LOOK_SECONDS = 1200.0
_WAITS = timedelta(hours=3)
"""So long an alarm is left to whoever tries the demo."""
_FINDINGS = {
    "B02": (
        ("nuisance", "园林工人修剪绿篱"),
        ("authorised", "施工人员，已核对工程名单"),
        ("real", "翻墙抄近路，已批评教育"),
    ),
    "G03": (("authorised", "车主忘记年检换证，已补办"), ("real", "年度证已失效，已劝返")),
    "T01": (("real", "保安员漏巡，已补巡并提醒"), ("fault", "巡更点标签损坏，已更换")),
}
_ELSE = (("nuisance", "现场核实，无异常"),)


def close_what_is_old(city: City) -> Actor:
    """Acknowledge and close, with a verdict, what nobody has closed for hours: a week of it would hide what is new."""
    while True:
        yield _LOOK_SECONDS
        answer = city.speaker.ask("GET", "/api/monitor/alarms", params={"open": True, "limit": 200})
        for alarm in answer["items"] if answer else ():
            if city.now() - parse_instant(alarm["raised_at"]) > _WAITS:
                _close(city, alarm)


def _close(city: City, alarm: dict[str, Any]) -> None:
    path, version = f"/api/monitor/alarms/{alarm['id']}", alarm["version"]
    if alarm["state"] == "new":
        seen = city.speaker.ask("POST", f"{path}/acknowledgement", json={"version": version})
        if seen is None:
            return
        version = seen["version"]
    verdict, cause = city.draw.choice(_FINDINGS.get(alarm["rule"], _ELSE))
    city.speaker.ask("POST", f"{path}/closure", json={"version": version, "verdict": verdict, "cause": cause})
