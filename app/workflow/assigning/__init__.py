"""Who may do a task: the rules of candidates, authority, conflicts of interest, substitutes, and the handing over of a leaver."""
