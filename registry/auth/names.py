"""The names of users. Pure."""

LONGEST_NAME = 60


def canonical(name: str) -> str:
    """One form of a name, however it is typed."""
    return name.strip().lower()[:LONGEST_NAME]
