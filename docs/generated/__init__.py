"""What `make docs` writes into the pages, from the code itself: a module for each subject, a function for each table.

Promises that the same code always gives the same text. Called by cog, with ``docs`` on the path.
"""
