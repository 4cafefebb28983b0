"""The host driver in C99, for hosts that are no PC, and what is made for it: its constants, and a network as C."""
