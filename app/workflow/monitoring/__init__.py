"""What happened at which station and on which way, counted up day by day, and what would happen with other staff.

Terms: fact (a number of visits, opened tasks, ways taken or returns of one day, with their time), waited (nobody had the task),
held (somebody had it, or the vote was open), wall time (by the clock) and working time (while the bank was open).
"""
