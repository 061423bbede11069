"""Musters: who is inside at one moment, called over until everybody is accounted for."""
