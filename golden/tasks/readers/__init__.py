"""Ways in for samples in files, one module a format; registry.py chooses among them."""
