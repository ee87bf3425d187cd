"""What the service costs, measured; each module is one command: `python -m benchmarks.worker`."""
