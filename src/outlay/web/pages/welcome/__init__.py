"""From an empty organisation to its first event: a key, a way to send, and the event as it arrives."""
