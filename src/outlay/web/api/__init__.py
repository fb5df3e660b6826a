"""The JSON API: one table of endpoints, from which routes, the OpenAPI document and the access tests are made."""
