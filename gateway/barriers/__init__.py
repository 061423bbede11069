"""What opens at a lane: one driver for each way of speaking to it, and what is known of each part."""
