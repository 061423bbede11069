"""What the house says of itself: its processes, its parts and how far each lags."""
