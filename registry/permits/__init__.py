"""Vehicle permits: one plate, one calendar year, one holder."""
