"""Similar texts: which of the known ones may have been meant by one that is unknown. Pure."""

from collections.abc import Mapping


def similar(text: str, known: Mapping[str, str], most: int, least: float, *, as_wholes: bool = False) -> list[str]:
    """The keys of the `known` texts that are most like `text`, the most similar first.

    There are at most `most`, none with a similarity below `least` (0 to 100). Parts of texts are compared, too, unless texts are
    compared `as_wholes`.
    """
    # To load it takes longer than to render what an export has to write after most changes, which needs none of it.
    from rapidfuzz import fuzz, process

    found = process.extract(text, known, scorer=fuzz.ratio if as_wholes else fuzz.WRatio, limit=most, score_cutoff=least)
    return [key for _, _, key in found]
