"""What is wrong with a picture that is not taken."""

from registry.problems import TooLarge, Unprocessable


class PictureTooLarge(TooLarge):
    slug = "picture-too-large"
    title = "A picture may have 10 MiB and 50 million pixels at most"


class UnreadablePicture(Unprocessable):
    slug = "unreadable-picture"
    title = "That is no JPEG, PNG or WebP picture, or it is damaged"
