"""What the benchmarks make of many measurements."""

from hypothesis import given
from hypothesis import strategies as st

from deploy.bench.figures import Latency, Row, middle, percentile, rounded


def test_a_repetition_that_was_disturbed_does_not_move_the_figure() -> None:
    rows: list[Row] = [{"way": "ours", "per_second": rate, "lost": 0} for rate in (900.0, 40.0, 1000.0)]
    assert middle(rows) == {"way": "ours", "per_second": 900.0, "lost": 0}


def test_one_message_lost_in_one_repetition_is_told() -> None:
    rows: list[Row] = [{"way": "ours", "lost": lost} for lost in (0, 1, 0)]
    assert middle(rows)["lost"] == 1


@given(st.lists(st.floats(min_value=0, max_value=1e6), min_size=1), st.floats(min_value=0, max_value=1))
def test_a_percentile_is_one_of_the_values_and_no_less_than_a_smaller_one(values: list[float], part: float) -> None:
    ordered = sorted(values)
    assert percentile(ordered, part) in ordered
    assert percentile(ordered, part / 2) <= percentile(ordered, part)


def test_latency_is_told_in_milliseconds() -> None:
    latency = Latency.of([number / 1000 for number in range(1, 101)])
    assert (latency.p50_ms, latency.p95_ms, latency.p99_ms) == (51.0, 96.0, 100.0)


def test_a_figure_has_as_many_digits_as_it_is_worth() -> None:
    assert rounded({"way": "ours", "per_second": 12345.678, "lost": 0}) == {
        "way": "ours",
        "per_second": 12350.0,
        "lost": 0,
    }
