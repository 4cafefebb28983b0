"""What the commands take of the machine: files, programs, memory, a cache. Imports nothing of ours."""
