"""People and what they may do.

Terms: user, branch (head office or branch), business line, group (whose members share a pool of tasks; it may have a head),
role (a named set of permissions), login (a server-side session), token (for programs).
"""
