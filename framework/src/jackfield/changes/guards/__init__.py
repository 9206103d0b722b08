"""Checks that stop a change, or distrust what was read of it.

Each module is one of them: whom the configuration protects, whose consent the credentials are, who has come in the place of an
account, which accounts were there before, what goes on already, and which exports can't be believed.
"""
