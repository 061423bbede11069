"""The fictional city of Bo'an (泊安市), drawn from a seed, for trying the product. Nobody in it exists."""
