"""Whether a text is one emoji (UTS #51), as reactions are named."""

import re

from fediserver.text.count import graphemes, is_flag, is_picture

LONGEST = 32
"""Code points of one emoji; a family of four has eleven."""

_KEYCAP = re.compile(r"[0-9#*]\ufe0f?\u20e3")
# Behind a picture: joiner, variation, skin tones, and the tags of flags of regions with the one that ends them.
_MORE = re.compile(r"[\u200d\ufe0f\U0001f3fb-\U0001f3ff]")
_REGION = re.compile(r"[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f")


def is_emoji(text: str) -> bool:
    """Whether a text is a single emoji: a picture, pictures joined to one, a flag or a keycap."""
    if not text or len(text) > LONGEST or graphemes(text) != 1:
        return False
    if _KEYCAP.fullmatch(text) or (len(text) == 2 and is_flag(text[0]) and is_flag(text[1])):
        return True
    if not is_picture(text[0]) or text.endswith("\u200d"):
        return False
    return bool(_REGION.fullmatch(text, 1)) or all(
        is_picture(character) or _MORE.match(character) for character in text[1:]
    )
