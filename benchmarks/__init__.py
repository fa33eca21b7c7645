"""Benchmarks of speed, requests, pacing, memory and STATE: `python -m benchmarks`."""
