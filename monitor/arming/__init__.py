"""Zones armed and disarmed: by plan, by hand, with delays and bypasses; what held at any moment stays known."""
