"""What is shown to the guard's page, as a scanner types it."""

import time

from playwright.sync_api import Page

CARD = "04A1B2C3"
TYPING_MS = 90
"""Between two keys of a quick typist; a scanner's come within a few milliseconds."""
READER_MS = 5
"""Between two keys of a reader that types."""


def scan(page: Page, value: str) -> None:
    """What a scanner does: it types where the focus is, and presses Enter."""
    page.keyboard.insert_text(value)
    page.keyboard.press("Enter")


def hold_to_reader(page: Page, number: str) -> None:
    """What a card does that is held to a reader that types: key after key and Enter.

    Each key bears its own time, so that the page takes them for a reader's however busy the machine is.
    """
    wire = page.context.new_cdp_session(page)
    began = time.time()
    for place, key in enumerate([*number, "Enter"]):
        stroke = {"key": key, "timestamp": began + place * READER_MS / 1000}
        if key == "Enter":
            stroke |= {"code": key, "windowsVirtualKeyCode": 13}
        wire.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": "\r" if key == "Enter" else key, **stroke})
        wire.send("Input.dispatchKeyEvent", {"type": "keyUp", **stroke})
    wire.detach()
