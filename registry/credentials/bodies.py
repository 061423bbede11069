"""What the API is sent to change a state, with the reason for it."""

from pydantic import BaseModel, Field

from registry.credentials.rules import Step

STEP_PATHS = {
    "revocation": Step.REVOKE,
    "loss": Step.REPORT_LOST,
    "suspension": Step.SUSPEND,
    "reinstatement": Step.REINSTATE,
}
"""The last part of the path, by what is done."""


class ReasonIn(BaseModel):
    """Why; the next who deals with it reads it."""

    reason: str = Field(min_length=1, max_length=200)
