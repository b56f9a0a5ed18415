"""A finished training: its run directory, figures, plots and thresholds."""
