"""QR codes (ISO/IEC 18004) as SVG, so that a telephone's camera reads an address off a screen."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import zxingcpp
from markupsafe import Markup

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# Light modules around the code, without which cameras do not find it (ISO/IEC 18004, 6.3.8).
_QUIET = 4
_DARK = re.compile(rb"\x00+")


@lru_cache(maxsize=1000)
def svg(text: str) -> Markup:
    """The QR code of `text` as an SVG element, a unit for each module; empty where `text` is longer than a code can hold."""
    try:
        code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="L")
    except ValueError:
        return Markup()
    # An image is a buffer, which the types of zxing-cpp leave out.
    image = memoryview(cast("ReadableBuffer", code.to_image(scale=1, add_quiet_zones=False)))
    side = image.shape[0] if image.shape else 0
    pixels = bytes(image)
    # A stroke of one unit for each run of dark modules in a row, the next from where the last ended: the shortest path.
    path, column, row = "", 0, 0
    for number in range(side):
        for run in _DARK.finditer(pixels, number * side, (number + 1) * side):
            start, end = run.start() - number * side, run.end() - number * side
            path += f"m{start - column} {number - row}h{end - start}"
            column, row = end, number
    whole = side + 2 * _QUIET
    return Markup(
        '<svg class="qr" viewBox="0 0 {0} {0}" role="img" aria-label="QR code of this address">'
        '<path fill="#fff" d="M0 0h{0}v{0}H0z"/><path stroke="#000" d="M{1} {1}.5{2}"/></svg>'
    ).format(whole, _QUIET, path)
