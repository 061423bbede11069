"""Cameras: what moves in their pictures, and who comes where nobody should be."""
