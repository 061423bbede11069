"""The people whom the registry knows."""
