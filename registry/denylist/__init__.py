"""What and who must not enter."""
