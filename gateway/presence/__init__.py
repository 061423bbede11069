"""Who and what is inside, with the entry that is the ground for it."""
