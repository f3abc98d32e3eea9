"""What the shop costs, measured beside baselines of the same run: `bin/bench`."""
