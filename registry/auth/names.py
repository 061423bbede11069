"""The names of users. Pure."""

LONGEST_NAME = 60


def program_name(token_name: str) -> str:
    """What a program is called that acts for nobody but itself: as no user can be."""
    return f"token:{token_name}"


def is_fit(name: str) -> bool:
    """Whether a person may be called so: something, printable, and not what programs are called."""
    return bool(name) and name.isprintable() and ":" not in name


def canonical(name: str) -> str:
    """One form of a name, however it is typed."""
    return name.strip().lower()[:LONGEST_NAME]
