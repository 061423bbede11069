"""Alarms that cameras post over HTTP."""
