"""Pictures of texts that a scanner reads."""

import io

import qrcode
from qrcode.constants import ERROR_CORRECT_M


def png(text: str) -> bytes:
    """A QR code of `text` as PNG, about 300 pixels wide for a short one, with the quiet zone that scanners need."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=10, border=4)
    code.add_data(text)
    code.make(fit=True)
    picture = io.BytesIO()
    code.make_image().save(picture, "PNG")
    return picture.getvalue()
