"""Infrared beams: how each is, which way somebody went past several, and the walk test with its record."""
