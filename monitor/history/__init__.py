"""One device's signals as a picture over time."""
