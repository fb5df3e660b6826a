"""Import progress and settings of an organisation: kept exactly, per organisation."""

from outlay.control.database import Control
from outlay.control.organisation_settings import put_setting, setting_of
from outlay.control.progress import Progress, forget_progress, progress_of, save_progress
from outlay.testing import FrozenClock


def test_progress_is_what_was_saved_last(control: Control, elsewhere: Control, clock: FrozenClock) -> None:
    assert progress_of(control, "acme", "a.csv") is None
    save_progress(control, "acme", "a.csv", Progress(10, {"stored": 1}), clock.now())
    save_progress(control, "acme", "a.csv", Progress(2**40, {"stored": 7, "rejected": 2}), clock.now())
    save_progress(control, "acme", "b.csv", Progress(3, {}), clock.now())
    assert progress_of(elsewhere, "acme", "a.csv") == Progress(2**40, {"stored": 7, "rejected": 2})
    assert progress_of(control, "other", "a.csv") is None


def test_forgotten_progress_begins_anew(control: Control, clock: FrozenClock) -> None:
    save_progress(control, "acme", "a.csv", Progress(10, {}), clock.now())
    save_progress(control, "other", "a.csv", Progress(20, {}), clock.now())
    forget_progress(control, "acme", "a.csv")
    assert progress_of(control, "acme", "a.csv") is None
    assert progress_of(control, "other", "a.csv") == Progress(20, {})


def test_a_setting_is_what_was_put_last(control: Control, clock: FrozenClock) -> None:
    assert setting_of(control, "acme", "weekday") is None
    put_setting(control, "acme", "weekday", "monday", clock.now())
    put_setting(control, "acme", "weekday", {"first": ["monday", 1]}, clock.now())
    assert setting_of(control, "acme", "weekday") == {"first": ["monday", 1]}
    assert setting_of(control, "other", "weekday") is None
