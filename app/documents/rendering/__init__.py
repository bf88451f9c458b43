"""The program that opens strangers' files: runs as a process of its own with little time and memory, and knows nothing of us.

Bytes of one file on standard input; on standard output one line of JSON (`result.Result`) and the bytes of the rendition.
The package imports nothing of the application, so that it starts in a fifth of a second and has no secret to lose.
"""
