"""Language tags as posts carry them."""

import re

_TAG = re.compile(
    r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{3}))?(?:[-_][A-Za-z]{4})?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?(?:[-_@.][\w.@-]{1,40})?",
    re.ASCII,
)
_ISO_639_1 = """
aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de
dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id
ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu
lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu
rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to
tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
_TWO = frozenset(_ISO_639_1.split())
# Withdrawn codes that systems still send.
_RENAMED = {"iw": "he", "in": "id", "ji": "yi", "jw": "jv", "mo": "ro"}
_NO_LANGUAGE = frozenset({"mis", "mul", "und", "zxx"})


def normalise(tag: str | None) -> str | None:
    """Bring a tag to `xx`, `xxx` or `xx-YY` (BCP 47 without script and variant); None for what is none.

    Two letters must be in ISO 639-1; three are taken as ISO 639-3. An extended language is named by
    itself: `zh-yue` is `yue`.
    """
    match = _TAG.fullmatch(tag.strip()) if tag and len(tag) <= 64 else None
    if match is None:
        return None
    language = (match[2] or match[1]).lower()
    language = _RENAMED.get(language, language)
    if language in _NO_LANGUAGE or (len(language) == 2 and language not in _TWO):
        return None
    return f"{language}-{match[3].upper()}" if match[3] else language
