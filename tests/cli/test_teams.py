"""`outlay teams` and what `outlay members` does about them."""

from pathlib import Path

from click.testing import CliRunner, Result

from outlay.cli import main


def outlay(data: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data", str(data)])


def test_teams_are_made_changed_listed_and_archived(tmp_path: Path) -> None:
    assert outlay(tmp_path, "teams", "create", "Growth", "--cost-centre", "4711").stdout == "growth\n"
    assert outlay(tmp_path, "teams", "create", "Search", "--parent", "growth", "--id", "s").stdout == "s\n"
    outlay(tmp_path, "members", "add", "ada@example.com", "--team", "s")
    assert outlay(tmp_path, "teams", "set", "s", "--name", "Find", "--lead", "ada@example.com").exit_code == 0
    listed = outlay(tmp_path, "teams", "list").stdout.splitlines()[1:]
    assert listed == ["s\tFind\tgrowth\t-\t1", "growth\tGrowth\t-\t4711\t0"]
    assert "\tlead\ts\t" in outlay(tmp_path, "members", "list").stdout
    below = outlay(tmp_path, "teams", "set", "growth", "--parent", "s")
    assert (below.exit_code, "below itself" in below.stderr) == (1, True)
    assert outlay(tmp_path, "teams", "archive", "growth").exit_code == 1
    assert outlay(tmp_path, "teams", "archive", "s").exit_code == 0
    assert outlay(tmp_path, "teams", "list", "--archived").stdout.splitlines()[1:] == ["s\tFind\tgrowth\t-\t0"]
    assert outlay(tmp_path, "teams", "restore", "s").exit_code == 0


def test_members_are_changed_and_their_access_taken(tmp_path: Path) -> None:
    outlay(tmp_path, "members", "add", "boss@example.com", "--role", "admin")
    outlay(tmp_path, "members", "add", "bo@example.com", "--user", "bo")
    assert outlay(tmp_path, "members", "set", "bo@example.com", "--role", "billing", "--user", "").exit_code == 0
    row = outlay(tmp_path, "members", "list").stdout.splitlines()[1]
    assert row == "bo@example.com\tbo\tbilling\t-\t-\tactive"
    assert outlay(tmp_path, "members", "disable", "bo@example.com").exit_code == 0
    assert outlay(tmp_path, "members", "list").stdout.splitlines()[1].endswith("disabled")
    assert outlay(tmp_path, "members", "enable", "bo@example.com").exit_code == 0
    last = outlay(tmp_path, "members", "disable", "boss@example.com")
    assert (last.exit_code, "last admin" in last.stderr) == (1, True)
