"""What foreign devices say, turned into ours: one pure file for each way of speaking."""
