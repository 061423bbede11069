"""Writing down every attempt at a gate: one writer, many attempts in one commit."""
