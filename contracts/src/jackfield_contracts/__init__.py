"""The data that crosses the border between the Jackfield host and its connectors.

Frozen, keyword-only msgspec Structs and nothing else: no I/O, nothing of the host. Contracts grow by optional fields
with defaults; a field is never renamed or given another meaning within a major version.
"""

from . import activity, arguments, changes, checks, diagnostics, grants, ids, reading, resources, seals
from .activity import *
from .arguments import *
from .changes import *
from .checks import *
from .diagnostics import *
from .grants import *
from .ids import *
from .reading import *
from .resources import *
from .seals import *

__all__: list[str] = []
__all__ += activity.__all__
__all__ += arguments.__all__
__all__ += changes.__all__
__all__ += checks.__all__
__all__ += diagnostics.__all__
__all__ += grants.__all__
__all__ += ids.__all__
__all__ += reading.__all__
__all__ += resources.__all__
__all__ += seals.__all__
