"""Faults: what can go wrong between a connector and Dropbox, on demand."""
