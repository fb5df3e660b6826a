"""The logs that coding agents leave on disk: one file per tool, each giving `LoggedCall`s. Pure: no store, no clock."""
