"""Reverse-mode differentiation as one transformation of the IR: derivatives by table, control flow by a tape."""
