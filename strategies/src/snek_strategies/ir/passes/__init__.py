"""Passes: block to block, one idea a file."""
