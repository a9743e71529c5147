"""Imports: sheets that staff send and the worker takes in, after it has shown what is wrong with them.

Guarantees that nothing is written before somebody has seen the faults and said yes; that the place in the file moves in the
transaction of the rows, so a worker that dies goes on exactly where it stopped, without doubles; and that whoever sent the sheet
must still have the right when its rows are written. Refuses files that unpack to too much, lines beyond a million (50,000 of a
workbook) and more than two unfinished imports of one person.
"""

KINDS = ("products",)
"""What can be imported."""
