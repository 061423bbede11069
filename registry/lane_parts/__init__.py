"""The parts of lanes: readers, barriers, sensors and cameras, and how each is spoken to."""
