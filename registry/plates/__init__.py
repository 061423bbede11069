"""Number plates: what they may look like, and reading them from pictures."""
