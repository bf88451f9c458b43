"""Due dates in working time, deadlines, escalation, and how they are said."""
