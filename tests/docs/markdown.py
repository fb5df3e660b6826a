"""Reads what the documentation tests need from Markdown: links and headings, with code left out."""

import re
from pathlib import Path
from typing import Final

from tests.shape.tree import ROOT, tracked_files

_FENCED: Final = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CODE: Final = re.compile(r"`[^`\n]*`")
_LINK: Final = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
_HEADING: Final = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


def pages() -> list[Path]:
    """Return every Markdown file of the repository, relative to its root."""
    return [path for path in tracked_files() if path.suffix == ".md"]


def read(page: Path) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def links(text: str) -> list[str]:
    return _LINK.findall(_CODE.sub("", _FENCED.sub("", text)))


def headings(text: str) -> list[str]:
    return _HEADING.findall(_FENCED.sub("", text))


def anchor(heading: str) -> str:
    """Return the fragment under which a page viewer offers a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def broken_links(page: Path, text: str) -> list[str]:
    """Return the links that lead to no file, folder or heading of the repository; web addresses are left out."""
    inside = [link for link in links(text) if not re.match(r"[a-z][a-z0-9+.-]*:", link)]
    return [link for link in inside if not _leads_somewhere(page, link)]


def _leads_somewhere(page: Path, link: str) -> bool:
    name, _, fragment = link.partition("#")
    target = (ROOT / page.parent / name).resolve() if name else ROOT / page
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    return not fragment or fragment in map(anchor, headings(target.read_text(encoding="utf-8")))
