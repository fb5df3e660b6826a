"""The pages: each a class with `routes()`, wired in `wiring/`."""
