"""What the runner costs beside a bare script that does the same: ratios with limits, all from one run."""
