"""The programs: one file each, and the file name is the workload name."""
