"""The rules' alarms in memory: what `monitor.anomalies.service` does with a store, done with lists."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from monitor.alarms.findings import Evidence, Finding, SignalKey, Standing
from monitor.anomalies.incidents import AddLate, Change, Cluster, Describe, Raise, Revise, changes
from monitor.anomalies.signals import Signal
from registry.clock import Instant
from registry.ids import AlarmId


@dataclass(slots=True)
class AlarmsInMemory:
    """Hears signals one batch after another. `clusters` gives the incidents of signals."""

    clusters: Callable[[Iterable[Signal]], list[Cluster]]
    describe: Describe
    heard: dict[SignalKey, Signal] = field(default_factory=dict)
    findings: dict[AlarmId, Finding] = field(default_factory=dict)
    closed: dict[AlarmId, Instant] = field(default_factory=dict)
    aliases: dict[AlarmId, AlarmId] = field(default_factory=dict)

    def hear(self, *signals: Signal) -> None:
        fresh = {signal.key: signal for signal in signals if signal.key not in self.heard}
        self.heard |= fresh
        standing = [
            Standing(
                id=alarm,
                occurred_at=finding.occurred_at,
                closed_at=self.closed.get(alarm),
                evidence={each.key: each for each in finding.evidence},
            )
            for alarm, finding in self.findings.items()
        ]
        found = self.clusters(self.heard.values())
        for change in changes(found, standing, set(fresh), self.describe):
            self._apply(change)

    def close(self, alarm: AlarmId, at: Instant) -> None:
        self.closed[alarm] = at

    def stand(self) -> dict[AlarmId, Finding]:
        """The final state: every alarm as it stands, by its id."""
        return {
            alarm: replace(finding, evidence=tuple(sorted(finding.evidence, key=_order)))
            for alarm, finding in sorted(self.findings.items())
        }

    def _apply(self, change: Change) -> None:
        match change:
            case Raise(finding=finding):
                assert finding.id not in self.findings, "two alarms would have one id"
                self.findings[finding.id] = finding
            case Revise(alarm=alarm, finding=finding, absorbed=absorbed):
                before = [self.findings.pop(each) for each in (alarm, *absorbed)]
                self.findings[finding.id] = _united(finding, before)
                self.aliases |= {each: finding.id for each in (alarm, *absorbed) if each != finding.id}
            case AddLate(alarm=alarm, evidence=evidence):
                finding = self.findings[alarm]
                self.findings[alarm] = replace(finding, evidence=(*finding.evidence, *evidence))


def _united(finding: Finding, before: Iterable[Finding]) -> Finding:
    """A latched alarm loses nothing that it had."""
    evidence = {each.key: each for old in before for each in old.evidence}
    evidence |= {each.key: each for each in finding.evidence}
    return replace(finding, evidence=tuple(evidence.values()))


def _order(evidence: Evidence) -> tuple[Instant, str, str]:
    return (evidence.occurred_at, str(evidence.key.device), evidence.key.id)
