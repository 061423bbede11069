"""What the gateway counts of its own work, in the form of Prometheus."""

from prometheus_client import Counter, Histogram

CHECKS = Counter("dayuan_gate_checks", "Checks that were answered, by verdict", ["verdict"])
CHECK_SECONDS = Histogram(
    "dayuan_gate_check_seconds",
    "From the question to the answer, which is on disk by then",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
)
BATCH_ATTEMPTS = Histogram(
    "dayuan_journal_batch_attempts", "Attempts in one transaction of the journal", buckets=(1, 2, 4, 8, 16, 32, 64, 128)
)
