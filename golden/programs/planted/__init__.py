"""Lines put into a training set on purpose: repeated programs, and ones that contradict a true program."""
