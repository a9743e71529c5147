"""Tickets: complaints and questions that a named person answers and that are tracked until closed.

Guarantees that no voice is left unanswered: whoever's turn it is on the shop's side has a deadline, what is late is marked
and listed, and a ticket ends only with an outcome. Messages are only ever added. Refuses to write into a closed ticket;
it can be opened again for a week.
"""
