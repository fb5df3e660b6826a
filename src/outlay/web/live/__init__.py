"""Live mode: pages of figures that follow the ledger through server-sent events.

A hub figures each page that somebody watches at most once a second, however many watch it, and hands every viewer the
panels that differ from what theirs has. A page only says what it shows (`view/board.py`).
"""
