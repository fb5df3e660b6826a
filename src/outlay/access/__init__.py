"""Who may do and see what: sign-in, sessions, roles, API keys, and the viewer every question carries."""
