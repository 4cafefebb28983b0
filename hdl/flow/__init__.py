"""The tool flow: from an Amaranth design to a packed bitstream, in steps that run only when their inputs change."""
