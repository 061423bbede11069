"""`/system`: who may see it, and what it tells."""

from pathlib import Path

import pytest

from deploy.metrics import HouseCollector, OutboxCollector
from deploy.system.pages import router
from deploy.system.parts import SystemParts
from registry.auth.permissions import Role
from registry.store.outbox import announce, set_aside, waiting
from registry.web.parts import Parts
from registry.web.readiness import PartState
from tests.fakes.clock import NOON
from tests.makers.processes import a_house_of, a_process
from tests.makers.web import a_browser, a_token, some_parts


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    parts = some_parts(tmp_path, language="en")
    parts.rooms["deploy"] = SystemParts(tmp_path)
    return parts


def test_an_administrator_sees_the_processes_of_every_supervisor_of_this_machine(parts: Parts, tmp_path: Path) -> None:
    a_house_of(a_process("registry-web"), form="registry").write(tmp_path / "processes-registry.json")
    a_house_of(a_process("plates"), form="gateway").write(tmp_path / "processes-gateway.json")
    (tmp_path / "processes-monitor.json").write_text("half of")
    with a_browser(parts, router, bearer=a_token(parts, Role.ADMIN)) as admin:
        page = admin.get("/system").text
    assert page.index("Plate reader") < page.index("Pages and API · registry")
    assert "4711" in page


def test_without_a_supervisor_the_page_says_so(parts: Parts) -> None:
    with a_browser(parts, router, bearer=a_token(parts, Role.ADMIN)) as admin:
        assert "No supervisor on this machine" in admin.get("/system").text


@pytest.mark.parametrize(("role", "status"), [(Role.OPERATOR, 200), (Role.GUARD, 403), (Role.CLERK, 403)])
def test_the_page_is_for_those_who_look_after_the_system(parts: Parts, role: Role, status: int) -> None:
    with a_browser(parts, router, bearer=a_token(parts, role)) as browser:
        assert browser.get("/system").status_code == status


def test_a_part_that_is_not_vital_is_told_and_keeps_nobody_away(parts: Parts) -> None:
    parts.readiness.register("plate-reader", lambda: PartState(ready=False, vital=False))
    with a_browser(parts, router) as anybody:
        answer = anybody.get("/readyz")
        assert (answer.status_code, answer.json()["parts"]["plate-reader"]["ready"]) == (200, False)
        parts.readiness.register("monitor-engine", lambda: PartState(ready=False))
        assert anybody.get("/readyz").status_code == 503


def test_the_metrics_have_the_parts_and_the_processes_as_numbers(parts: Parts, tmp_path: Path) -> None:
    facts = tmp_path / "processes-up.json"
    parts.readiness.register("plate-reader", lambda: PartState(ready=False, lag_seconds=1.5))
    collector = HouseCollector(facts, parts.readiness)

    def told() -> dict[tuple[str, str], float]:
        metrics = list(collector.collect())
        samples = [sample for metric in metrics for sample in metric.samples]
        return {(sample.name, next(iter(sample.labels.values()))): sample.value for sample in samples}

    assert ("dayuan_process_up", "engine") not in told()
    a_house_of(a_process(restarts=3), a_process("web", pid=None, memory_bytes=None)).write(facts)
    found = told()
    assert found["dayuan_part_ready", "plate-reader"] == 0
    assert found["dayuan_part_lag_seconds", "plate-reader"] == 1.5
    assert found["dayuan_process_up", "engine"] == 1
    assert found["dayuan_process_up", "web"] == 0
    assert found["dayuan_process_restarts_total", "engine"] == 3
    assert found["dayuan_process_memory_bytes", "engine"] == 120 * 1024 * 1024
    assert ("dayuan_process_memory_bytes", "web") not in found
    assert found["dayuan_process_cpu_seconds_total", "engine"] == 3.5


def test_the_metrics_count_what_waits_for_the_broker_and_what_never_can_be_sent(parts: Parts) -> None:
    store = parts.stores["registry"]
    with store.begin(NOON) as work:
        for number in range(3):
            announce(work.session, f"dayuan/v1/oc1/_audit/{number}", b"x")
        set_aside(work.session, waiting(work.session)[0].position, "too long")
    samples = [sample for metric in OutboxCollector([store]).collect() for sample in metric.samples]
    assert {(sample.name, sample.labels["room"]): sample.value for sample in samples} == {
        ("dayuan_outbox_messages", "registry"): 2,
        ("dayuan_outbox_set_aside", "registry"): 1,
    }


def test_processes_come_first_then_what_is_not_ready_and_what_is_ready_is_folded(parts: Parts, tmp_path: Path) -> None:
    a_house_of(a_process("plates")).write(tmp_path / "processes-up.json")
    parts.readiness.register("monitor-engine", lambda: PartState(ready=True))
    with a_browser(parts, router, bearer=a_token(parts, Role.ADMIN)) as admin:
        well = admin.get("/system").text
        parts.readiness.register("plate-reader", lambda: PartState(ready=False))
        ill = admin.get("/system").text
    ready = len(parts.readiness.states()) - 1
    assert f"All {ready} parts are ready" in well
    order = [
        'id="process-plates"',
        'id="part-plate-reader"',
        "<details",
        f"ready ({ready})",
        'id="part-monitor-engine"',
    ]
    assert sorted(order, key=ill.index) == order
