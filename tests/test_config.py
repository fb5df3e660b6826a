from pathlib import Path
from typing import Any

import pytest

from outlay.config import SettingInvalid, Settings, load_settings, unknown_variables


def test_a_later_source_wins(tmp_path: Path) -> None:
    file = tmp_path / "outlay.toml"
    file.write_text('port = 1\nhost = "a"\nzone = "Europe/Berlin"\n', encoding="utf-8")
    settings = load_settings(file, {"OUTLAY_PORT": "2", "OUTLAY_HOST": "b"}, {"port": 3, "host": None})
    assert (settings.zone, settings.host, settings.port) == ("Europe/Berlin", "b", 3)


def test_the_file_is_the_one_that_is_named_else_the_one_that_lies_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(environ={}) == Settings()
    (tmp_path / "outlay.toml").write_text("port = 1\n", encoding="utf-8")
    (tmp_path / "other.toml").write_text("port = 2\n", encoding="utf-8")
    assert load_settings(environ={}).port == 1
    assert load_settings(environ={"OUTLAY_CONFIG": "other.toml"}).port == 2


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"OUTLAY_PORT": "eighty"}, "setting port = 'eighty' (from the environment): Expected `int`, got `str`"),
        ({"OUTLAY_PORT": "70000"}, "setting port = '70000' (from the environment): Expected `int` <= 65535"),
        ({"OUTLAY_ZONE": "Mars/Base"}, "setting zone (from the environment): 'Mars/Base' is no IANA time zone"),
        ({"OUTLAY_ROOT_PATH": "tools/"}, "setting root_path"),
        ({"OUTLAY_PUBLIC_URL": "outlay.example.com"}, "setting public_url"),
        ({"OUTLAY_SECURE_COOKIES": "maybe"}, "setting secure_cookies"),
        ({"OUTLAY_LOG_FORMAT": "xml"}, "setting log_format"),
        ({"OUTLAY_CONFIG": "/no/such/file.toml"}, "can't read the settings file /no/such/file.toml"),
    ],
)
def test_a_value_that_cant_be_says_which_where_and_why(variables: dict[str, str], said: str) -> None:
    with pytest.raises(SettingInvalid) as raised:
        load_settings(environ=variables)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 1", "unknown setting 'prot' in"),
        ("port = '1'", "setting port = '1'"),
        ("port = ", "is not valid TOML"),
        ("port = true", "setting port = True"),
    ],
)
def test_a_file_that_cant_be_used_says_why(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "outlay.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingInvalid) as raised:
        load_settings(file, {})
    assert said in str(raised.value)


@pytest.mark.parametrize(("text", "value"), [("true", True), ("1", True), ("0", False), ("false", False)])
def test_switches_are_read_from_variables(text: str, value: Any) -> None:
    assert load_settings(environ={"OUTLAY_SECURE_COOKIES": text}).secure_cookies is value


def test_variables_that_are_no_settings_are_named_with_what_may_be_meant() -> None:
    variables = {"OUTLAY_PROT": "1", "OUTLAY_SERVICE_HOST": "x", "OUTLAY_PORT": "1", "OUTLAY_CONFIG": "y", "PATH": "z"}
    assert unknown_variables(variables) == {"OUTLAY_PROT": "OUTLAY_PORT", "OUTLAY_SERVICE_HOST": None}


def test_a_secret_key_is_checked_and_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "outlay.toml"
    for text in ('secret_key = "hunter2"', "secret_key = 123456789"):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(SettingInvalid, match="secret_key") as raised:
            load_settings(file, {})
        assert text.split()[-1].strip('"') not in str(raised.value)
    key = "A" * 43
    assert key not in repr(load_settings(environ={"OUTLAY_SECRET_KEY": key}))
