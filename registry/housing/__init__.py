"""Rooms and who lives in them (以房管人)."""
