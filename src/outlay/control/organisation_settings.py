"""Small named values of one organisation that people change while Outlay runs. Process settings are in `config.py`."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select

from outlay.control.conflict import insert_or_replace
from outlay.control.database import Control
from outlay.control.tables import organisation_settings

Value = dict[str, Any] | list[Any] | str | int | None


def setting_of(control: Control, organisation: str, name: str) -> Any:  # noqa: ANN401 - whatever JSON was put there
    """Return the value, None when it was never put."""
    table = organisation_settings
    this = and_(table.c.organisation == organisation, table.c.name == name)
    with control.read() as connection:
        return connection.execute(select(table.c.value).where(this)).scalar_one_or_none()


def put_setting(control: Control, organisation: str, name: str, value: Value, now: datetime) -> None:
    with control.begin() as connection:
        put_setting_in(connection, organisation, name, value, now)


def put_setting_in(connection: Connection, organisation: str, name: str, value: Value, now: datetime) -> None:
    """Put it in a transaction that does more, such as writing down who did."""
    row = {"organisation": organisation, "name": name, "value": value, "changed_at": now}
    connection.execute(insert_or_replace(organisation_settings, "value", "changed_at").values(row))
