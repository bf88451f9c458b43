"""Running cases taken over to another version: what it would do, the runs, their undoing; and one case with other values."""
