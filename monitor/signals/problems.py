"""What can go wrong when one asks for what was heard."""

from registry.problems import NotFound


class DeadLetterUnknown(NotFound):
    slug = "dead-letter-unknown"
    title = "There is no such dead letter here"
