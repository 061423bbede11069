"""What the tests of signals use too."""

from tests.monitor.signals.conftest import heard, parts

__all__ = ["heard", "parts"]
