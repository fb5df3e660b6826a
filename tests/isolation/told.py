"""What an answer tells, in words: also what stands in archives, workbooks and Parquet files."""

import io
import zipfile
from pathlib import Path
from typing import Any

import duckdb


def told_by(answer: Any, scratch: Path) -> str:
    """Return all text of an answer: its headers and its body."""
    body: bytes = answer.content
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    return f"{headers}\n{_text_of(body, scratch)}".casefold()


def _text_of(body: bytes, scratch: Path) -> str:
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return "\n".join(_text_of(archive.read(name), scratch) for name in archive.namelist())
    if body.startswith(b"PAR1"):
        file = scratch / "told.parquet"
        file.write_bytes(body)
        with duckdb.connect() as connection:
            return str(connection.execute("SELECT COLUMNS(*)::VARCHAR FROM read_parquet(?)", [str(file)]).fetchall())
    return body.decode(errors="replace")
