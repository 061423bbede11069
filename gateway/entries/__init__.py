"""What happened at the gates: every attempt, its verdict, and what the guard decided."""
