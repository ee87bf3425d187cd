"""The worker beside other stream processors, on the same Kafka and the same topic: `make bench-peers`."""
