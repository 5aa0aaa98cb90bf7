"""Measurements: ratios of one run, side by side, with the raw figures kept in bench/results."""
