"""`/metrics` counts what the broker refused."""

from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest

from deploy.broker.metrics import RefusalCollector
from tests.fakes.clock import NOON
from tests.makers.refusals import some_refusals


def test_refused_publishes_are_counted_by_account(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    registry.register(RefusalCollector(tmp_path))
    assert b"dayuan_broker_refused_publishes_total{" not in generate_latest(registry)
    some_refusals(tmp_path, {"oc1.beam.north-01": (3, "a", NOON)})
    assert b'dayuan_broker_refused_publishes_total{account="oc1.beam.north-01"} 3.0' in generate_latest(registry)
