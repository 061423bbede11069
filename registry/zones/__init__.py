"""What one arms: devices and regions that watch one place."""
