"""What the instance documents promise is what the rest of the node does."""

from fediserver.media import images, pictures
from fediserver.views.entities import instance


def test_the_announced_limits_of_pictures_are_those_that_hold() -> None:
    assert instance.PICTURE_PIXELS == pictures.MAX_PIXELS
    assert instance.PICTURE_BYTES == 16 * images.MIB
