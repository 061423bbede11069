"""Building work by contractors: for which unit, from when until when, at which gates, and who comes for it."""
