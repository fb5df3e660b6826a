"""No secret is ever logged, nor written into a page but the one time it is shown."""

import logging
import re

import pytest

from tests.web.pages.people import PASSWORD, People


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Return what Outlay logged, tracebacks too; the test's own HTTP client logs the addresses it asks."""
    formatter = logging.Formatter("%(name)s %(message)s %(args)s")
    ours = [record for record in caplog.records if not record.name.startswith("httpx")]
    return "\n".join(formatter.format(record) + repr(vars(record)) for record in ours)


def test_no_secret_reaches_a_log_or_a_second_page(people: People, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    link, new = people.link_for(people.ada), "quite another battery"
    visitor = people.nobody()
    visitor.get(f"/sign-in/link?token={link}")
    visitor.post("/sign-in/link", token=link)
    pages = [visitor.get("/password"), visitor.get("/keys")]
    shown = visitor.post("/keys/new", name="ci").text
    tokens = [visitor.session]
    visitor.post("/password", current=PASSWORD, new=new, again=new)
    tokens.append(visitor.session)
    pages += [visitor.get("/keys"), visitor.get("/password"), visitor.get("/nowhere"), visitor.get("/")]
    pages += [visitor.post("/password", current="wrong wrong wrong", new=new, again=new)]
    pages += [visitor.post("/keys/new", name="ci"), visitor.post("/sign-out")]
    pages += [visitor.post("/sign-in", email="ada@acme.example", password=new + "x")]
    visitor.post("/sign-in", email="ada@acme.example", password=new)
    tokens.append(visitor.session)
    (key,) = set(re.findall(r"outlay_[0-9a-z]{8}_[0-9A-Za-z]{43}", shown))
    written = logged(caplog)
    read = "".join(page.text for page in pages)
    for secret in (PASSWORD, new, link, key, key.rpartition("_")[2], *tokens, "wrong wrong wrong"):
        assert secret
        assert secret not in written
        assert secret not in read


def test_an_accident_in_a_form_logs_nothing_of_it(
    people: People, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr("outlay.access.sign_in.SignIn.sign_in", breaks)
    with pytest.raises(RuntimeError, match="the disk is gone"):
        people.nobody().post("/sign-in", email="ada@acme.example", password=PASSWORD)
    assert "the disk is gone" in logged(caplog)
    assert PASSWORD not in logged(caplog)
    assert "ada@acme.example" not in logged(caplog)
