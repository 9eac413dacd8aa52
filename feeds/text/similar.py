"""Similar texts: which of the known ones may have been meant by one that is unknown. Pure."""

from collections.abc import Callable, Iterable


def similar(
    text: str, known: Iterable[str], most: int, least: float, *, key: Callable[[str], str] = str, as_wholes: bool = False
) -> list[str]:
    """Those of the `known` texts that are most like `text`, the most similar first.

    There are at most `most`, none with a similarity below `least` (0 to 100). `key` gives what is compared of a known text. Parts
    are compared, too, unless texts are compared `as_wholes`.
    """
    from rapidfuzz import fuzz, process

    compared = {each: key(each) for each in known}
    scorer = fuzz.ratio if as_wholes else fuzz.WRatio
    return [each for _, _, each in process.extract(text, compared, scorer=scorer, limit=most, score_cutoff=least)]
