"""A flow change on its way: handed in, reviewed, in force on its day, back again; and running cases moved to a version."""
