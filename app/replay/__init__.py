"""Feeding a real event log through the operations that the site uses, to see that the system bears real work.

Terms: log (a CSV of events), format (whose log it is: columns and words), event (one row), reject (a row that can't be
used, with its number), move (what an event means on our route), plan (the moves of one case), act (one operation
carried out), stand (how far a case of a log has come).
"""
