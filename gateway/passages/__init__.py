"""Crossings under way, until the lane's sensor has seen them or their time is over; barriers; openings by hand."""
