"""Plates read from a picture that a guard took or dropped."""
