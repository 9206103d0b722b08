"""What each kind of change knows of itself, behind one interface, and the state as it was read."""
