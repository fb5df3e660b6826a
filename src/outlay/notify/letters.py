"""The letters about one's own account: what they say, and nothing of how they are sent."""

from typing import Final

from outlay.control.members import Member
from outlay.notify.letter import Letter, Link

_NOT_YOU: Final = "If you did not ask for this, do nothing: without the link nobody gets in."


def sign_in_letter(member: Member, organisation: str, url: str) -> Letter:
    return Letter(
        to=member.email,
        subject=f"Sign in to Outlay of {organisation}",
        before=(f"Hello {called(member)},", f"this link signs you in to Outlay of {organisation}."),
        link=Link("Sign in", url),
        after=("It works once, within an hour.", _NOT_YOU),
    )


def new_password_letter(member: Member, organisation: str, url: str) -> Letter:
    return Letter(
        to=member.email,
        subject=f"A new password for Outlay of {organisation}",
        before=(f"Hello {called(member)},", f"with this link you set a new password for Outlay of {organisation}."),
        link=Link("Set a new password", url),
        after=("It works once, within an hour. Your password stays as it is until then.", _NOT_YOU),
    )


def invitation_letter(member: Member, organisation: str, inviter: str, url: str) -> Letter:
    """`inviter` is what the person who invites is called."""
    return Letter(
        to=member.email,
        subject=f"{inviter} invites you to Outlay of {organisation}",
        before=(
            f"Hello {called(member)},",
            f"{inviter} invites you to Outlay of {organisation}: what its use of AI costs, and who and what spends it.",
        ),
        link=Link("Accept the invitation", url),
        after=("The link works once, within seven days. You choose a password there.",),
    )


def sign_on_letter(member: Member, organisation: str, inviter: str, url: str) -> Letter:
    """An invitation where single sign-on is the only way in: there is nothing to accept."""
    return Letter(
        to=member.email,
        subject=f"{inviter} invites you to Outlay of {organisation}",
        before=(
            f"Hello {called(member)},",
            f"{inviter} invites you to Outlay of {organisation}: what its use of AI costs, and who and what spends it.",
            f"{organisation} signs in by single sign-on: your account there is all you need.",
        ),
        link=Link("Sign in", url),
    )


def changed_letter(member: Member, organisation: str, what: str) -> Letter:
    """Tell a member of a change to how they sign in: whoever did it in their place must not stay unseen."""
    return Letter(
        to=member.email,
        subject=f"{what} in Outlay of {organisation}",
        before=(
            f"Hello {called(member)},",
            f"{what[:1].lower()}{what[1:]} for your account in Outlay of {organisation}.",
        ),
        after=("If that was not you, ask an admin of your organisation now to end your sessions.",),
    )


def called(member: Member) -> str:
    return member.name or member.email
