"""The checks, by subject. Each is a function that takes a bench; its docstring is the rule, and then the reason."""
