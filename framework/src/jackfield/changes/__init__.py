"""Changes: planned on the live state, written down before they are made, confirmed by a read, and reported once.

Promises that each change ends in one honest outcome, that a crash at any instruction loses and doubles nothing, and that
one process at a time writes through a connection. Hides batching, waiting and recovery.
"""
