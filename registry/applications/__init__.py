"""Applications for vehicle permits: what a unit hands in, and what the security office makes of it."""
