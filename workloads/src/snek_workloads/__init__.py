"""The programs that are measured, one file each."""
