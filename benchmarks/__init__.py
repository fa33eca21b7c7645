"""How fast the tap is, how little it asks, and how little it keeps: `python -m benchmarks`."""
