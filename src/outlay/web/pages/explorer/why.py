"""Why spend changed, ready to show: one sentence, a bar for each cause, and the models behind them.

The causes add up exactly to the change (`query/explain.py` says what each is), so the sentence, the bars and every row
of the table are proven by the same figures.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from markupsafe import Markup
from msgspec import Struct

from outlay.query.explain import Effects, Explained, Explanation
from outlay.web import format as text
from outlay.web.pages.explorer.told import Told
from outlay.web.parts import Cell, Column, Row, Table
from outlay.web.view.names import Label
from outlay.web.view.panels import Proof, proof_of
from outlay.web.view.place import only

MOST_MODELS: Final = 8

# cause -> its name, what it means, and how it is said when spend rose by it and when it fell
_CAUSES: Final[Mapping[str, tuple[str, str, str, str]]] = MappingProxyType(
    {
        "volume": ("Volume", "All models grew or shrank alike", "more volume", "less volume"),
        "mix": ("Mix of models", "Usage moved between models", "a dearer mix of models", "a cheaper mix of models"),
        "rate": ("Rate", "The same tokens cost more or less: prices, caching", "higher rates", "lower rates"),
        "new": ("New models", "Used now, not before", "new models", "corrections of new models"),
        "gone": ("Models gone", "Used before, not now", "models that came to an end", "models that came to an end"),
        "other": ("Other", "Costs without tokens or requests, such as corrections", "other costs", "other costs"),
    }
)


class Cause(Struct, frozen=True):
    """One cause: its amount in words and exactly, and its bar from the line of zero."""

    name: str
    about: str
    amount: str
    exact: str
    bar: Markup


class Why(Struct, frozen=True):
    """The whole panel."""

    sentence: str
    against: str
    causes: tuple[Cause, ...]
    change: Cause
    table: Table
    proof: Proof
    note: str


def why_of(told: Told, found: Explanation, against: str) -> Why:
    """Return the explanation of a change."""
    causes = _causes(found.effects)
    change = found.effects.change
    reach = max((abs(amount) for amount in (*(amount for _, amount in causes), change)), default=Decimal(0))
    return Why(
        sentence=sentence_of(found),
        against=against,
        causes=tuple(_cause(each, amount, reach) for each, amount in causes),
        change=Cause("Change", "", _signed(change), _exact(change), _bar(change, reach, total=True)),
        table=_models(told, found),
        proof=proof_of(
            f"The causes add up to the change of {_signed(change)}",
            [(_CAUSES[each][0], amount) for each, amount in causes],
            (found.now.cost or Decimal(0)) - (found.before.cost or Decimal(0)),
            holds=found.adds_up,
            money=True,
        )
        if causes
        else proof_of("There is no change to explain", [], None, holds=True, money=True),
        note=_unpriced_text(found),
    )


def _unpriced_text(found: Explanation) -> str:
    """Say what is left out: what is unpriced has no cost, so it can explain none."""
    if not (found.now.unpriced or found.before.unpriced):
        return ""
    now, before = found.now.unpriced, found.before.unpriced
    return f"Without unpriced requests, which have no cost: {now:,} now, {before:,} before."


def sentence_of(found: Explanation) -> str:
    """Return the change in one sentence: `Spend rose by $1,204 (+12.0%): +$900 from more volume, ...`."""
    change, causes = found.effects.change, _causes(found.effects)
    if not causes:
        return "Spend did not change."
    relative = text.change(found.now.cost or Decimal(0), found.before.cost or Decimal(0)).text
    moved = f"rose by {text.usd(change)}" if change > 0 else f"fell by {text.usd(-change)}"
    opening = f"Spend {moved} ({relative})" if change else "Spend stayed the same"
    biggest_first = sorted(causes, key=lambda each: abs(each[1]), reverse=True)
    said = [f"{_signed(amount)} from {_CAUSES[each][2 if amount > 0 else 3]}" for each, amount in biggest_first]
    return f"{opening}: {', '.join(said)}."


def _causes(effects: Effects) -> list[tuple[str, Decimal]]:
    return [(each, amount) for each in _CAUSES if (amount := getattr(effects, each))]


def _cause(cause: str, amount: Decimal, reach: Decimal) -> Cause:
    name, about, _, _ = _CAUSES[cause]
    return Cause(name, about, _signed(amount), _exact(amount), _bar(amount, reach))


def _bar(amount: Decimal, reach: Decimal, *, total: bool = False) -> Markup:
    """Return a bar from the middle, to the right for what spend rose by, to the left for what it fell by."""
    length = (50 * amount / reach).quantize(Decimal("0.001")) if reach else Decimal(0)
    return Markup(
        '<svg class="cause-bar" width="100%" height="14" aria-hidden="true"><rect class="{}" x="{}%" y="1"'
        ' width="{}%" height="12" rx="2"/><line class="zero" x1="50%" x2="50%" y2="14"/></svg>'
    ).format("whole" if total else "up" if amount > 0 else "down", 50 + min(length, Decimal(0)), abs(length))


def _signed(amount: Decimal) -> str:
    return f"+{text.usd(amount)}" if amount > 0 else text.usd(amount)


def _exact(amount: Decimal) -> str:
    return f"+{text.usd_exact(amount)}" if amount > 0 else text.usd_exact(amount)


# -- the models behind them --------------------------------------------------------------------------------------------

_EFFECTS: Final = (("volume", "Volume"), ("mix", "Mix"), ("rate", "Rate"), ("came", "New, gone"), ("other", "Other"))


def _models(told: Told, found: Explanation) -> Table:
    """Return the models with the largest changes, and a column for each effect that any of them has."""
    listed, folded = found.groups[:MOST_MODELS], found.groups[MOST_MODELS:]
    shown = [each for each in _EFFECTS if any(_effect(group.effects, each[0]) for group in found.groups)]
    names = [each for each, _ in shown]
    labels = told.names.of("model", [each.key for each in listed])
    rows = [_row(_named(labels[each.key], each), each.effects, names, _calls(told, each)) for each in listed]
    if folded:
        rows.append(_row(Cell(text=f"{len(folded)} other models"), _summed(folded), names))
    return Table(
        caption="The models behind the change of spend",
        columns=(
            Column(id="model", label="Model"),
            *(Column(id=each, label=label, numeric=True, hide_narrow=True) for each, label in shown),
            Column(id="change", label="Change", numeric=True),
        ),
        rows=tuple(rows),
        total=_row(Cell(text="All models"), found.effects, names),
    )


def _named(label: Label, group: Explained) -> Cell:
    state = "" if group.state == "kept" else group.state
    return Cell(text=label.name, dot=label.slot is not None, slot=label.slot, chip=state)


def _calls(told: Told, group: Explained) -> str:
    """Return the link to a model's calls; one that is gone has none in the range."""
    return "" if group.state == "gone" else told.links.calls(only("model", group.key))


def _row(name: Cell, effects: Effects, names: Sequence[str], href: str = "") -> Row:
    amounts = (*(_effect(effects, each) for each in names), effects.change)
    figures = (Cell(text=_signed(each), title=_exact(each)) if each else Cell(text=text.DASH) for each in amounts)
    return Row(cells=(name, *figures), href=href)


def _effect(effects: Effects, name: str) -> Decimal:
    """Return one effect; a model is either new or gone, so the two share a column."""
    if name == "came":
        return effects.new + effects.gone
    found: Decimal = getattr(effects, name)
    return found


def _summed(several: Sequence[Explained]) -> Effects:
    return Effects(*(sum((getattr(each.effects, name) for each in several), Decimal(0)) for name in _CAUSES))
