"""Public holidays and the workdays that are swapped for them (节假日、调休)."""
