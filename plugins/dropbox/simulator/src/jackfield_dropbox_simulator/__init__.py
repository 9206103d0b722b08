"""A Dropbox Business team on loopback: an independent witness for demos, tests and benchmarks.

It shares no code with the connector or the host. Run it with `python -m jackfield_dropbox_simulator`, in a process
of its own with `launch.spawn()`, or in this one with `server.serving()`.
"""
