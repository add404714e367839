"""The field sheet as a file: XLSX for people to sign, CSV for tools."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from schemas.mapping import SystemMapping, wording
from schemas.mapping.sheet import HEADINGS, Line, cells, lines

_WIDTHS = {"How it is filled": 60, "Source columns": 28, "Record": 28, "If empty or unusable": 30, "Remark": 30}
_DEFAULT_WIDTH = 16
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_sheet(mapping: SystemMapping, path: Path) -> int:
    """Writes the sheet to ``path``, by its suffix ``.xlsx`` or ``.csv``; returns how many fields it lists."""
    found = list(lines(mapping))
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADINGS)
            writer.writerows([_inert(cell) for cell in cells(line)] for line in found)
        return len(found)
    book = Workbook()
    book.remove(book.worksheets[0])
    _table(book.create_sheet("Fields"), HEADINGS, map(cells, found))
    _table(
        book.create_sheet("Values"),
        ("Source object", "Source columns", "Twenty field", "Value", "Option"),
        _values(found),
    )
    _table(book.create_sheet("Left out"), ("What", "Rule"), _left_out(mapping))
    _table(book.create_sheet("About"), ("", ""), _about(mapping, len(found)))
    book.save(path)
    return len(found)


def _values(found: Iterable[Line]) -> Iterable[Sequence[str]]:
    for line in found:
        for text, option in line.values:
            yield line.source, ", ".join(line.columns), f"{line.target}.{line.field}", text, option


def _left_out(mapping: SystemMapping) -> Iterable[Sequence[str]]:
    for name, mapped in mapping.objects.items():
        for rule in mapped.skip:
            yield name, wording.skip(rule)
        for column in mapped.source.exclude:
            yield f"{name}.{column}", "The column never leaves the source."
    for export in mapping.exports:
        yield export.name, f"Exported, not migrated: {export.what}."


def _about(mapping: SystemMapping, count: int) -> Iterable[Sequence[str]]:
    yield "System", mapping.system
    yield "Revision of the mapping", str(mapping.revision)
    yield "Fields", str(count)
    yield "Times without a zone are local to", mapping.zone
    yield "Amounts without a currency are in", mapping.currency
    for name, mode in mapping.modes.items():
        yield f"Choice: {name}", f"{mode.chosen} ({mode.about})"
    for label in ("Confirmed by", "Date", "Signature"):
        yield label, ""


def _table(sheet: Worksheet, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    sheet.append(list(headings))
    for row in rows:
        sheet.append([""] * len(row))
        for cell, text in zip(sheet[sheet.max_row], row, strict=True):
            # as text, whatever it begins with: a sheet is no program
            cell.value, cell.data_type = text, "s"
            cell.alignment = Alignment(vertical="top", wrap_text=True)
    for number, heading in enumerate(headings, 1):
        cell = sheet.cell(1, number)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DDE6F0")
        sheet.column_dimensions[get_column_letter(number)].width = _WIDTHS.get(heading, _DEFAULT_WIDTH)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions


def _inert(text: str) -> str:
    """Spreadsheets run a cell that begins like a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
