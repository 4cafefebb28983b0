"""Networks for the core beside circuits that are models themselves: boosted trees by conifer, a small network by da4ml."""
