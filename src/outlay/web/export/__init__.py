"""Files of what a page shows: CSV, JSON, Parquet, XLSX and ZIP, all of them with the same rows and totals, and a
manifest that says what they are. A page gives tables (`ExportFile`); nothing here asks a question or knows a page.
"""

from outlay.web.export.answer import Exporter, ExportPage, answer_export
from outlay.web.export.formats import FORMATS, Format
from outlay.web.export.links import export_actions
from outlay.web.export.manifest import Manifest, manifest_of
from outlay.web.export.table import (
    Cell,
    Column,
    ExportFile,
    ExportTable,
    Kind,
    Record,
    dimension_column,
    measure_columns,
    previous,
    table_of,
)

__all__ = [
    "FORMATS",
    "Cell",
    "Column",
    "ExportFile",
    "ExportPage",
    "ExportTable",
    "Exporter",
    "Format",
    "Kind",
    "Manifest",
    "Record",
    "answer_export",
    "dimension_column",
    "export_actions",
    "manifest_of",
    "measure_columns",
    "previous",
    "table_of",
]
