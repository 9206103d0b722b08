"""Reading exports: page by page, in bounded memory, and never a file that changes meanwhile.

Promises that each row has its line, that a row that can't be understood is a row with a problem and not the end of the
file, and that what is read after a position is the same each time. Hides formats, encodings and threads.
"""

from jackfield_roster.reading.found import Export
from jackfield_roster.reading.reader import Reader
from jackfield_roster.reading.table import NEVER, NO_VALUE, Cell, Chunk, Position, Remark, Row

__all__ = ["NEVER", "NO_VALUE", "Cell", "Chunk", "Export", "Position", "Reader", "Remark", "Row"]
