"""Tests of the usage explorer."""
