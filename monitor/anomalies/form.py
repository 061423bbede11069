"""What a checkpoint was made by: rules of another version judge anew what they can still change."""

from monitor.anomalies import b02_confirmed_crossing as b02
from monitor.anomalies import d08_not_watched as d08
from monitor.anomalies import g03_refused_again as g03
from monitor.anomalies import t01_checkpoint_missed as t01
from monitor.signals.rules import LATE_LIMIT

FORM = " ".join(["1", *(f"{rule.RULE}.{rule.VERSION}" for rule in (b02, d08, g03, t01))])
"""The number is that of the row's own meaning; the version of each rule follows."""
REACH = LATE_LIMIT
"""How far back signals are judged anew: what comes later than this for an incident changes none."""
