"""Access levels: which gates open, at which hours of the week, and what a holiday changes."""
