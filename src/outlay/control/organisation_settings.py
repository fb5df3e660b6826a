"""Small named values of one organisation that people change while Outlay runs. Process settings are in `config.py`."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, select

from outlay.control.conflict import insert_or_replace
from outlay.control.database import Control
from outlay.control.tables import organisation_settings


def setting_of(control: Control, organisation: str, name: str) -> Any:  # noqa: ANN401 - whatever JSON was put there
    """Return the value, None when it was never put."""
    table = organisation_settings
    this = and_(table.c.organisation == organisation, table.c.name == name)
    with control.read() as connection:
        return connection.execute(select(table.c.value).where(this)).scalar_one_or_none()


def put_setting(
    control: Control, organisation: str, name: str, value: dict[str, Any] | list[Any] | str | int | None, now: datetime
) -> None:
    row = {"organisation": organisation, "name": name, "value": value, "changed_at": now}
    with control.begin() as connection:
        connection.execute(insert_or_replace(organisation_settings, "value", "changed_at").values(row))
