"""Plan, isolate, check, measure and record."""
