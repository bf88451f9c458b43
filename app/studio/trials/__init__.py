"""A draft tried on copies: cases in flight, finished cases, recorded scenarios, and one case with other values."""
