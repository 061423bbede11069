"""What a house was made with, so that it is noticed when that is lost or another's."""
