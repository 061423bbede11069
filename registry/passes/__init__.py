"""Cards and QR passes of people."""
