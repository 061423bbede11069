"""What permits, cards and passes have in common: their state and its changes."""
