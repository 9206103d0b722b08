"""What surrounds a write: its side effects counted, its jobs, forced outcomes, holds, and reads that lag behind it."""
