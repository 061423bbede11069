"""What the page shows of who could pass and of who gains and loses, in the reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from gateway.checks.rules import Decision
from gateway.checks.snapshot import Snapshot
from gateway.explain.what_if import Effect, Touched
from gateway.explain.who_can import Passing
from gateway.presence.lines import written
from gateway.presence.wording import gate_name
from registry.access.facts import CredentialFacts
from registry.i18n import Translator
from registry.messages.reasons import Verdict

TONES = {Verdict.GRANTED: "calm", Verdict.REFER: "warn", Verdict.DENIED: "bad"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoView:
    """A credential and its holder."""

    name: str
    unit: str
    kind: str
    shown: str

    @classmethod
    def of(cls, credential: CredentialFacts, t: Translator) -> Self:
        holder = credential.holder
        units = (None, None) if holder is None else (holder.unit_zh, holder.unit_en)
        return cls(
            name="" if holder is None else holder.name,
            unit=(units[0] or units[1] if t.language == "zh" else units[1] or units[0]) or "",
            kind=t(f"gate.kind.{credential.kind}"),
            shown=written(credential.kind, credential.key),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PassingView:
    who: WhoView
    tone: str
    verdict: str
    reason: str

    @classmethod
    def of(cls, passing: Passing, t: Translator) -> Self:
        decision = passing.decision
        return cls(
            who=WhoView.of(passing.credential, t),
            tone=TONES[decision.verdict],
            verdict=t(f"explain.verdict.{decision.verdict}"),
            reason="" if decision.verdict is Verdict.GRANTED else t(f"reason.{decision.reason}"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedView:
    """Who, and the first gate and moment of the week at which something else is said."""

    who: WhoView
    where: str
    before: str
    after: str

    @classmethod
    def of(cls, touched: Touched, snapshot: Snapshot, t: Translator) -> Self:
        gate = snapshot.facts.gates[touched.gate]
        local = touched.at.astimezone(snapshot.timezones[gate.site])
        day = t(f"explain.weekday.day{local.weekday()}")
        return cls(
            who=WhoView.of(touched.credential, t),
            where=f"{gate_name(t, snapshot, touched.gate)} {day} {local:%m-%d %H:%M}",
            before=_said(touched.before, t),
            after=_said(touched.after, t),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SideView:
    """Those who gain or those who lose."""

    side: str
    credentials: int
    people: int
    first: Sequence[TouchedView]

    @classmethod
    def of(
        cls, side: str, effect: Effect, those: Sequence[Touched], *, shown: int, snapshot: Snapshot, t: Translator
    ) -> Self:
        return cls(
            side=side,
            credentials=len(those),
            people=effect.people(those),
            first=[TouchedView.of(each, snapshot, t) for each in those[:shown]],
        )


def _said(decision: Decision, t: Translator) -> str:
    if decision.verdict is Verdict.GRANTED:
        return t("explain.verdict.granted")
    return t("explain.because", verdict=t(f"explain.verdict.{decision.verdict}"), reason=t(f"reason.{decision.reason}"))
