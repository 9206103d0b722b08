"""What the end-to-end sweeps share: simulators, syncs in this process and through the CLI, and pictures to compare."""
