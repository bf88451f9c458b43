"""The record of every act: append-only, hash-chained per case.

Terms: entry (one act), chain (the entries of one case, one user, or the system), digest, head (the newest digest of a chain).
"""
