"""Readers on a line of ours: what they read is asked of the desk as a program of the gate would."""
