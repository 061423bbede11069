"""What is shown to the guard's page, as a scanner types it."""

from playwright.sync_api import Page

CARD = "04A1B2C3"
TYPING_MS = 90
"""Between two keys of a quick typist; a scanner's come within a few milliseconds."""


def scan(page: Page, value: str) -> None:
    """What a scanner does: it types where the focus is, and presses Enter."""
    page.keyboard.insert_text(value)
    page.keyboard.press("Enter")
