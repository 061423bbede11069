"""Pictures by their content: stored once, found by SHA-256, never changed."""
