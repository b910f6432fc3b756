"""The back-end `numba`: plain Python source that `numba.njit` compiles."""
