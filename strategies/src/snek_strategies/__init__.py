"""Interchangeable ways of staging a program."""
