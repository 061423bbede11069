"""What happens at a gate: checks, entries, presence and the guard's page."""
