"""Ways in: e-mail and password, one-time links, a second factor, one of several organisations."""
