"""Why a picture was not read though it may be a good one."""

from registry.problems import Unavailable


class WeightsMissing(Unavailable):
    slug = "plate-weights-missing"
    title = "Plates cannot be read from pictures here"


class TooManyPictures(Unavailable):
    slug = "too-many-pictures"
    title = "Too many pictures are waiting to be read"


class ReaderAway(Unavailable):
    slug = "plate-reader-away"
    title = "The plate reader is not running just now"
