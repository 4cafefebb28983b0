"""Learning without products, as a core would do it: texts and labelled samples, its report, its options."""
