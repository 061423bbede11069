"""Acts of people, chained so that a change is seen."""

from registry.audit.chain import HOUSE, Broken, Head, Intact, Personal, heads, record, sealed, verify

__all__ = ["HOUSE", "Broken", "Head", "Intact", "Personal", "heads", "record", "sealed", "verify"]
