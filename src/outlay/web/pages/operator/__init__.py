"""The operator's console: whole organisations, and nothing of what is in them beside volume and cost."""
