"""Says what stands between this machine and a good check, line by line, each with its cure."""
