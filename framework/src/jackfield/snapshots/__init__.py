"""The snapshot file: its format, its writer, its reader, and the difference between two.

Promises that a published file never changes and says what is not complete; hides SQLite.
"""
