"""Reads what OpenTelemetry exports over HTTP: model calls out of spans and log records, whoever instrumented them.

`messages` takes bodies apart and writes answers, `traces` and `logs` find the calls in them, `counts` and `who` read
their attributes. Metrics repeat what spans and logs say call by call, so nothing is counted from them.
"""
