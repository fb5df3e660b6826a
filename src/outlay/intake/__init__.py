"""The one funnel every event goes through: check, attribute, price, commit, tell the listeners."""
