"""Who and what could pass a gate at a moment. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gateway.checks.rules import Decision
from gateway.explain.world import Asking, World
from registry.access.facts import CredentialFacts, CredentialKind, GateFacts
from registry.clock import Instant
from registry.messages.reasons import Reason, Verdict

Progress = Callable[[float], None]
"""Is told how much of the work is done, from 0 to 1."""
_STEP = 2000
"""Credentials between two words on progress."""


@dataclass(frozen=True, slots=True)
class Passing:
    """A credential and what the gate would say."""

    credential: CredentialFacts
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoCan:
    """Of every credential of the gate's compound what the gate would say. A person may have several credentials."""

    gate: GateFacts
    at: Instant
    version: int
    asked: Sequence[Passing]
    """By unit and name."""

    def verdicts(self) -> Mapping[Verdict, int]:
        return Counter(one.decision.verdict for one in self.asked)

    def reasons(self) -> Mapping[Reason, int]:
        """Why those who could not pass could not, and those of whom the guard is asked, the most frequent first."""
        held_up = (one.decision.reason for one in self.asked if one.decision.verdict is not Verdict.GRANTED)
        return dict(Counter(held_up).most_common())

    def people(self) -> int:
        """How many people could pass, however many credentials they have; who needs the guard or an escort is none of them."""
        return len(
            {
                one.credential.holder.id
                for one in self.asked
                if one.decision.verdict is Verdict.GRANTED
                and one.credential.holder is not None
                and one.credential.kind is not CredentialKind.PLATE
            }
        )

    def vehicles(self) -> int:
        """How many plates could pass."""
        granted = (one.credential for one in self.asked if one.decision.verdict is Verdict.GRANTED)
        return len({one.key for one in granted if one.kind is CredentialKind.PLATE})

    def wanted(self, verdict: Verdict | None, words: str) -> list[Passing]:
        """Those of this verdict in whose name, unit, plate or card these words stand."""
        words = words.strip().lower()
        return [
            one
            for one in self.asked
            if (verdict is None or one.decision.verdict is verdict)
            and (not words or words in _searched(one.credential))
        ]


def who_can(world: World, gate: GateFacts, at: Instant, progress: Progress = lambda _: None) -> WhoCan:
    """Ask the gate for every credential that opens something at its compound."""
    asking = Asking(world)
    here = [each for each in world.snapshot.credentials.values() if gate.site in each.sites]
    asked = []
    for number, credential in enumerate(here):
        if number % _STEP == 0:
            progress(number / len(here))
        asked.append(Passing(credential, asking.decision(credential, gate, at)))
    asked.sort(key=lambda one: by_unit_and_name(one.credential))
    return WhoCan(gate=gate, at=at, version=world.snapshot.version(gate.site), asked=asked)


def by_unit_and_name(credential: CredentialFacts) -> tuple[str, str, str]:
    holder = credential.holder
    if holder is None:
        return "", "", credential.key
    return holder.unit_zh or holder.unit_en or "", holder.name, credential.key


def _searched(credential: CredentialFacts) -> str:
    holder = credential.holder
    parts = [credential.key if credential.kind is not CredentialKind.PIN else "", credential.permit_number]
    if holder is not None:
        parts += [holder.name, holder.unit_zh, holder.unit_en]
    return "\n".join(part for part in parts if part).lower()
