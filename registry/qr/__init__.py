"""QR codes: made, read from pictures, and signed as passes."""
