"""XLSX: the parts of a workbook, read as streams in bounded memory.

Promises that each cell has what the file stores for it: a failed formula, one without a stored value, a number that is
rounded and a merged cell stay known as such, which the libraries for workbooks pass over or make empty cells of.
"""
