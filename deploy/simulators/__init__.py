"""Devices and people of the demo: they speak to the product as real ones would."""
