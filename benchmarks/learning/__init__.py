"""What learning on a device is worth."""
