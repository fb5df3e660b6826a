"""Text as every engine takes it: Postgres has no zero character, and neither takes half of a surrogate pair.

For what people search and ask for. What they want to keep is refused instead where it is no text.
"""


def storable(text: str) -> str:
    """Return the text with another character in the place of each that can't be sent to a database."""
    return text.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
