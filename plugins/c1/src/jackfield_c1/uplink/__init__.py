"""The uplink: a connection served to the platform as a self-hosted connector.

Promises that a task has one effect however often it is delivered, and that what the platform is told is what the journal has.
"""
