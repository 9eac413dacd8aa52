"""Raster pictures made smaller, as WebP. Nothing else in the file is kept, such as the place where a picture was taken."""

import warnings
from io import BytesIO
from typing import TYPE_CHECKING

from feeds.copies.names import WIDTHS

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

# Formats that are decoded. An SVG is a document that can load others and run scripts, and is refused.
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
# A few kilobytes can decode to gigabytes: so many pixels take at most 160 MB.
_MOST_PIXELS = 40_000_000
# The most that a WebP can have on one side.
_LONGEST_SIDE = 16_383
_QUALITY = 80


class PictureError(Exception):
    """There can be no copy of a picture. The message says why, in words that many pictures have in common."""


def smaller(data: bytes) -> dict[int, bytes]:
    """Copies of the picture in the file `data`, by their greatest width. Of an animation, the first frame is copied.

    Raises PictureError.
    """
    from PIL import Image, ImageOps

    # The limit below is lower.
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as opened:
            # Only the header has been read.
            if opened.width * opened.height > _MOST_PIXELS:
                raise PictureError(f"more than {_MOST_PIXELS // 1_000_000} million pixels")
            # JPEG is decoded to a half, a quarter or an eighth where that is enough.
            opened.draft("RGB", (WIDTHS[-1], WIDTHS[-1]))
            profile = opened.info.get("icc_profile", b"") if opened.mode in ("RGB", "RGBA", "P") else b""
            turned = ImageOps.exif_transpose(opened)
            picture = turned.convert("RGBA" if turned.has_transparency_data else "RGB")
        return {width: _webp(picture, width, profile) for width in WIDTHS}
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        raise PictureError(f"more than {_MOST_PIXELS // 1_000_000} million pixels") from error
    except Exception as error:  # a damaged picture can raise anything
        raise PictureError("not a picture in JPEG, PNG, GIF, WebP or AVIF") from error


def _webp(picture: "Picture", width: int, profile: bytes) -> bytes:
    scale = min(1.0, width / picture.width, _LONGEST_SIDE / picture.height)
    size = max(round(picture.width * scale), 1), max(round(picture.height * scale), 1)
    made = BytesIO()
    (picture.resize(size, reducing_gap=3.0) if size != picture.size else picture).save(
        made, "WEBP", quality=_QUALITY, icc_profile=profile
    )
    return made.getvalue()
