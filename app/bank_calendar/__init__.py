"""When the bank works: the state's calendar, the bank's own days and its opening hours.

Terms: own day (a date on which the bank, or one branch, differs from the state's calendar, with a reason), opening hours
(the sessions of a working day), calendar (all of it as a value, `kernel.working_time.Calendar`).
"""
