"""Tours of the guards: checkpoints, rounds, and whether somebody was there in time."""
