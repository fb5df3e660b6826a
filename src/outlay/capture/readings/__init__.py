"""What a provider's answer says was used: one canonical reading of every API's body and stream.

`routes.api_of` names the API of a path, `body.read_body` and `stream.stream_reading` read its answers,
`headers.read_headers` adds what only headers say, `events.events_of` makes the events. Pure, and never raises on what a
stranger sends.
"""
