"""`/metrics` counts what the broker refused."""

from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest

from deploy.broker.metrics import RefusalCollector
from tests.fakes.clock import NOON
from tests.makers.refusals import some_refusals


def test_refused_publishes_are_counted_without_saying_whose_they_were(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    registry.register(RefusalCollector(tmp_path))
    assert b"dayuan_broker_refused_publishes_total" not in generate_latest(registry)
    some_refusals(tmp_path, {"oc1.beam.north-01": (3, "a", NOON), "oc2.beam.south-02": (2, "a", NOON)})
    told = generate_latest(registry)
    assert b"dayuan_broker_refused_publishes_total 5.0" in told
    assert b"beam" not in told
