"""Jackfield and the C1 platform: what a snapshot is in a ``.c1z`` file, and the uplink of a self-hosted connector."""
