"""The keys of the pad on which a plate is typed by touch: the first sign, then the others, then what special plates end with."""

from registry.plates.grammar import LETTERS, PROVINCES

PROVINCE_KEYS = tuple(PROVINCES)
"""31; what stands first on a civil plate."""
SIGN_KEYS = (*"1234567890", *LETTERS)
"""Without I and O, which no serial has: they would be read as 1 and 0."""
ENDINGS = ("警", "学", "挂", "港", "澳", "使", "领", "应急")
"""What the last place says on a plate of the police, of a driving school, of a trailer, of Hong Kong or Macao, of an
embassy or a consulate, of an emergency vehicle."""
