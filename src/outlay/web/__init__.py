"""Everything a browser or a script talks to: pages, the JSON API, charts, exports."""
