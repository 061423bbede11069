"""Compounds, their areas, gates and lanes."""
