"""What can go wrong when one asks for what was heard."""

from registry.problems import NotFound, Unprocessable


class DeadLetterUnknown(NotFound):
    slug = "dead-letter-unknown"
    title = "There is no such dead letter here"


class NotWhole(Unprocessable):
    slug = "dead-letter-not-whole"
    title = "Only the beginning of this message was kept, so it cannot be tried again"
