"""Imaging: the papers of a case as files, stored by content, shown without what could do harm.

Terms: owner (what a document belongs to: a case), type (identity card, bank statement …), original (the bytes as they came,
never changed), rendition (a cleaned copy that is shown), state (how far a document can be shown), store (files by SHA-256).
"""
