"""A QR code as an image that stands in the page itself: the content security policy lets no other in."""


def qr_image(text: str) -> str:
    """Return the `src` of an image, black on white in every theme: cameras need it so."""
    # 10 MB that a server nobody sets up a second factor on never needs.
    import segno  # noqa: PLC0415

    return segno.make(text, micro=False).svg_data_uri(scale=4, border=4, dark="#000", light="#fff")
