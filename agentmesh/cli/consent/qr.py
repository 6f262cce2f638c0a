"""A text as a QR code that a terminal can show."""

import io

import segno


def qr_code(text: str) -> str:
    """Return the code in half blocks, dark on light whatever the terminal's colours are."""
    shown = io.StringIO()
    segno.make(text, micro=False).terminal(shown, compact=True)
    return shown.getvalue().rstrip("\n")
