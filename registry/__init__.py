"""The ground: people, permits, sites and devices, and each technical thing that two rooms need."""
