"""Taking a person's photo from a request: the picture is kept in a transaction of its own, then it becomes theirs.

A picture left over between the two is nobody's and harmless; sent again, it is the same picture.
"""

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.ids import PersonId
from registry.media.rules import MediaKind
from registry.media.size import size_of
from registry.people import queries, service
from registry.problems import TooLarge
from registry.sites.scope import sites_of
from registry.web.parts import Parts

MOST_MEGAPIXELS = 24
"""Of a photo: what a telephone's camera makes. A guard looks at it in the size of a stamp."""


class PhotoTooLarge(TooLarge):
    slug = "photo-too-large"
    title = "A person's photo may have 24 million pixels at most"


def put_photo(parts: Parts, clerk: Principal, person_id: PersonId, picture: bytes) -> queries.Listed:
    """Make this picture the photo that guards see of a person.

    Raises:
        NoSuchPerson: the file is kept at none of the clerk's sites.
        PhotoTooLarge, UnreadablePicture, PictureTooLarge: it is no picture that we take.

    """
    size = size_of(picture)
    if size is not None and size[0] * size[1] > MOST_MEGAPIXELS * 1_000_000:
        width, height = size
        raise PhotoTooLarge(
            f"The photo is {width} × {height}, and {MOST_MEGAPIXELS} million pixels are the most: make it smaller.",
            width=width,
            height=height,
            most=MOST_MEGAPIXELS,
        )
    store = parts.stores["registry"]
    with store.read() as session:
        where = sites_of(session, clerk, Permission.REGISTRY_WRITE)
        site = queries.whole_file(session, person_id, where).person.site
    kept = parts.media.put(picture, site=site, kind=MediaKind.PHOTO, by=clerk.name)
    with store.begin(parts.clock.now()) as work:
        return service.set_photo(work.session, person_id, kept.id, within=where, by=clerk.name, now=work.now)
