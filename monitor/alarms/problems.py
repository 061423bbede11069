"""What can go wrong when a person handles an alarm.

Conflict       AlarmChanged · NotNow
Forbidden      OfficerNeeded
Unprocessable  WordsNeeded · HandlerUnknown · CursorUnknown
NotFound       AlarmUnknown
"""

from registry.problems import Conflict, Forbidden, NotFound, Unprocessable


class AlarmUnknown(NotFound):
    slug, title = "alarm-unknown", "There is no such alarm here"


class AlarmChanged(Conflict):
    slug, title = "alarm-changed", "Somebody changed this alarm before you"


class NotNow(Conflict):
    slug, title = "alarm-not-now", "The alarm's state does not allow that now"


class OfficerNeeded(Forbidden):
    slug, title = "officer-needed", "A priority 1 alarm is closed by a security officer"


class WordsNeeded(Unprocessable):
    slug, title = "words-needed", "Closing this alarm needs a cause or evidence in words"


class HandlerUnknown(Unprocessable):
    slug, title = "handler-unknown", "Nobody of this name handles alarms at this compound"


class CursorUnknown(Unprocessable):
    slug, title = "cursor-unknown", "This cursor was not given by this list"
