"""Virtualize Python, faithfully or not at all."""
