"""A new connector package: rendered from the templates beside this file, and written whole or not at all.

Promises that a folder with anything in it is never touched. Hides the templates and their placeholders, ``@@{name}``.
"""

from jackfield.scaffold.rendering import names_of, rendered
from jackfield.scaffold.writing import write_whole

__all__ = ["names_of", "rendered", "write_whole"]
