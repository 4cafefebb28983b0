"""A simulated board that is offered as a serial port."""
