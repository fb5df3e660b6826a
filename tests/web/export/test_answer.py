"""Files as answers: who may have them, what stands beside them, and what happens when they can't be made."""

import asyncio
import errno
import io
import os
import tempfile
from collections.abc import Iterator, MutableMapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from outlay.access.viewer import Viewer
from outlay.errors import ExportFailed, ExportTooLarge, NotFound, Unavailable
from outlay.web.export import FORMATS, Column, ExportFile, ExportTable, answer_export, export_actions, sending, table_of
from outlay.web.export import workbook as workbook_file
from outlay.web.export.parquet_file import write_parquet
from outlay.web.export.spool import spooled
from tests.web.export import reading
from tests.web.export.test_formats import ABOUT
from tests.web.pages.made import Made

COLUMNS = (Column("name"), Column("requests", "count"))
SPOOLED = ("parquet", "xlsx")


def file_of(*tables: ExportTable) -> ExportFile:
    return ExportFile("some-file", tables, ABOUT)


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests beside this one make such files too."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def left_behind() -> set[str]:
    return {each for each in os.listdir(tempfile.gettempdir()) if each.startswith("outlay-export-")}  # noqa: PTH208 - a name is all


@pytest.mark.parametrize("ending", FORMATS)
def test_a_file_is_saved_under_its_name_and_nothing_is_left_behind(
    shop: Made, admin: dict[str, str], ending: str
) -> None:
    before = left_behind()
    answer = shop.get(f"/consumption/export.{ending}?r=2026-09", admin | {"accept-encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="consumption-cost-2026-09.{ending}"'
    assert answer.headers["content-type"] == FORMATS[ending].media_type
    assert answer.headers["content-encoding"] == ("identity" if FORMATS[ending].packed else "gzip")
    assert len(answer.content) > 200
    assert left_behind() == before


def test_what_a_csv_can_not_hold_stands_beside_it(shop: Made, admin: dict[str, str]) -> None:
    answer = shop.get("/consumption/export.csv?r=2026-09", admin)
    about = shop.get("/consumption/export.csv?r=2026-09&manifest=1", admin).json()
    assert answer.headers["link"] == '<?r=2026-09&manifest=1>; rel="describedby"; type="application/json"'
    assert answer.headers["outlay-watermark"] == str(about["watermark"])
    assert answer.headers["outlay-rows"] == str(sum(each["row_count"] for each in about["tables"]))
    assert answer.headers["outlay-zone"] == about["zone"] == "Asia/Kathmandu"
    assert answer.headers["outlay-period"] == f"{about['period']['start']}/{about['period']['end']}"
    assert about["role"] == "admin"
    assert "rows" not in about["tables"][0]


def test_one_table_alone(shop: Made, admin: dict[str, str]) -> None:
    lines = shop.get("/consumption/export.csv?r=2026-09&table=llm_models", admin).text.splitlines()
    assert lines[0].startswith("kind,id,name,cost,")
    whole = shop.get("/consumption/export.json?r=2026-09", admin).json()
    assert len(lines) == 2 + next(each["row_count"] for each in whole["tables"] if each["id"] == "llm_models")
    answer = shop.get("/consumption/export.csv?table=nonsense", admin | {"accept": "*/*"})
    assert answer.status_code == 404
    assert "there are agent_type_by_day, llm_models, other_services" in answer.text


def test_an_archive_holds_every_table_and_the_manifest(shop: Made, admin: dict[str, str]) -> None:
    parts = reading.archive_parts(shop.get("/consumption/export.zip?r=2026-09", admin).content)
    assert list(parts) == ["manifest.json", "agent_type_by_day.csv", "llm_models.csv", "other_services.csv"]
    alone = shop.get("/consumption/export.csv?r=2026-09&table=llm_models", admin).content
    assert parts["llm_models.csv"] == alone
    about = shop.get("/consumption/export.json?r=2026-09&manifest=1", admin).content
    assert parts["manifest.json"] == about


@pytest.mark.parametrize("ending", SPOOLED)
def test_a_full_disk_is_an_error_before_the_file_begins(
    shop: Made, admin: dict[str, str], monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "open", full)
    before = left_behind()
    answer = shop.get(f"/consumption/export.{ending}?r=2026-09", admin | {"accept": "application/json"})
    assert answer.status_code == 503
    assert answer.json()["code"] == "export_failed"
    assert "TMPDIR" in answer.json()["detail"]
    assert left_behind() == before


def test_what_the_engine_says_of_a_full_disk_is_understood(tmp_path: Path) -> None:
    file = file_of(table_of("things", "Things", COLUMNS, [{"name": "a"}]))
    full = Path("/dev/full")
    if not full.exists():
        pytest.fail("this machine has no /dev/full to try a full disk with")
    link = tmp_path / "full.parquet"
    link.symlink_to(full)
    with pytest.raises(ExportFailed, match="TMPDIR"):
        write_parquet(file, link)


@pytest.mark.parametrize("ending", SPOOLED)
def test_what_goes_wrong_in_a_row_is_what_is_raised(ending: str) -> None:
    def rows() -> Iterator[dict[str, Any]]:
        yield {"name": "a"}
        raise KeyError("the ledger is gone")

    before = left_behind()
    with pytest.raises(KeyError, match="the ledger is gone"):
        reading.made(file_of(ExportTable("things", "Things", COLUMNS, rows(), 2)), ending)
    assert left_behind() == before


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("announced", [1, 3])
def test_a_table_that_is_shorter_or_longer_than_announced_breaks_off(ending: str, announced: int) -> None:
    rows = [{"name": "a"}, {"name": "b"}]
    with pytest.raises(RuntimeError, match="that were announced"):
        reading.made(file_of(ExportTable("things", "Things", COLUMNS, rows, announced)), ending)


def test_more_cells_than_a_workbook_opens_with_are_refused_by_name() -> None:
    many = ExportTable("calls", "Calls", COLUMNS, iter(()), workbook_file.MOST_CELLS)
    with pytest.raises(ExportTooLarge, match="take CSV or Parquet"):
        reading.made(file_of(many), "xlsx")


def test_there_is_no_table_under_a_name_that_is_none() -> None:
    file = file_of(table_of("things", "Things", COLUMNS, []))
    assert file.only("things").name == "some-file-things"
    with pytest.raises(NotFound, match="there are things"):
        file.only("others")
    with pytest.raises(ValueError, match="no id for a table"):
        table_of("../etc", "Things", COLUMNS, [])


def test_columns_of_one_name_are_of_one_kind() -> None:
    file = file_of(
        table_of("things", "Things", COLUMNS, []), table_of("others", "Others", (Column("requests", "money"),), [])
    )
    with pytest.raises(ValueError, match="two kinds"):
        reading.made(file, "csv")


def test_the_links_of_a_page_and_of_one_table() -> None:
    actions = export_actions(lambda ending: f"/here/export.{ending}?r=2026-09")
    assert [each.href for each in actions] == [f"/here/export.{each}?r=2026-09" for each in FORMATS]
    alone = export_actions(lambda ending: f"/here/export.{ending}", table="models")
    assert [each.href for each in alone] == [f"/here/export.{each}?table=models" for each in FORMATS if each != "zip"]


class Reader:
    """The other end of an answer: takes so many pieces, then goes away, or stays and takes nothing more."""

    def __init__(self, most: int, *, stays: bool) -> None:
        self._left = most
        self._stays = stays
        self._away = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        await self._away.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] != "http.response.body":
            return
        self._left -= 1
        if self._left < 0:
            if not self._stays:
                self._away.set()
            await asyncio.Event().wait()


def read_by(reader: Reader, ended: list[bool], rows: int = 100_000) -> None:
    """Send a file to a reader; note in `ended` that the maker of its rows came to an end."""

    def made() -> Iterator[dict[str, Any]]:
        try:
            for number in range(rows):
                yield {"name": "a" * 100, "requests": number}
        finally:
            ended.append(True)

    async def sent() -> None:
        answer = answer_export(FORMATS["csv"], file_of(ExportTable("things", "Things", COLUMNS, made(), rows)))
        assert not ended
        await answer({"type": "http", "method": "GET"}, reader.receive, reader.send)

    asyncio.run(sent())


@pytest.mark.parametrize("pieces", [0, 1])
def test_a_reader_that_goes_away_ends_the_maker(pieces: int) -> None:
    ended: list[bool] = []
    read_by(Reader(pieces, stays=False), ended)
    assert ended == [True]


@pytest.mark.parametrize("pieces", [0, 1])
def test_a_reader_that_takes_nothing_more_is_left(monkeypatch: pytest.MonkeyPatch, pieces: int) -> None:
    monkeypatch.setattr(sending, "STALLED_SECONDS", 0.05)
    ended: list[bool] = []
    with pytest.raises(TimeoutError):
        read_by(Reader(pieces, stays=True), ended)
    assert ended == [True]


def test_one_viewer_has_a_few_files_on_their_way_and_all_together_not_too_many() -> None:
    ada, ben, eve = (Viewer(organisation="acme", role="member", user=each) for each in ("ada", "ben", "eve"))
    outgoing = sending.Outgoing(most=3, most_of_viewer=2)
    with ExitStack() as opened:
        for each in (ada, ada, ben):
            opened.enter_context(outgoing.one_more(each))
        with pytest.raises(Unavailable, match="2 files"):
            opened.enter_context(outgoing.one_more(ada))
        with pytest.raises(Unavailable, match="too many exports"):
            opened.enter_context(outgoing.one_more(eve))
    with ExitStack() as opened:
        for each in (eve, ada, eve):
            opened.enter_context(outgoing.one_more(each))


@pytest.mark.parametrize("path", ["/consumption/export.csv", "/consumption/export.xlsx", "/calls/export.json"])
@pytest.mark.parametrize("more", ["", "?manifest=1", "?table=none"])
def test_what_was_sent_or_refused_is_no_longer_on_its_way(
    shop: Made, admin: dict[str, str], path: str, more: str
) -> None:
    for _ in range(sending.MOST_OF_VIEWER + 1):
        assert shop.get(f"{path}{more}", admin).status_code == (404 if "none" in more else 200)


def test_a_temporary_file_has_no_name_while_it_is_sent() -> None:
    before = left_behind()

    def write(path: Path) -> None:
        path.write_bytes(b"x" * 200_000)

    pieces = spooled(write)
    assert len(next(pieces)) == 64 * 1024
    assert left_behind() == before
    assert sum(map(len, pieces)) == 200_000 - 64 * 1024


def test_a_workbook_of_one_page_is_read_by_others(shop: Made, admin: dict[str, str]) -> None:
    read = reading.sheets(shop.get("/calls/export.xlsx?r=2026-09", admin).content)
    assert list(read) == ["About", "calls"]
    about = dict(line[:2] for line in read["About"])
    assert about["Page"] == "/calls"
    assert about["Days and local times"] == "Asia/Kathmandu"
    head = read["calls"][0]
    assert head[:2] == ("Time (UTC)", "Local time (Asia/Kathmandu)")
    first = read["calls"][1]
    assert first[0].endswith("Z")
    assert io.StringIO(str(first[1])).read()[:10] >= "2026-08-31"
    assert len(read["calls"]) == 1 + len(shop.of("2026-09"))
