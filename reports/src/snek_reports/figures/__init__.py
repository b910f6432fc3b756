"""The figures of a report: each is one file, and one line in `registry`."""
