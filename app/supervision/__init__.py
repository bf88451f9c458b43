"""The pages of the supervisors: every case and every open task of the bank, who holds how much, and the acts on many at once.

Terms: overview (cases with badges on the diagram), load (open tasks per person and pool), bulk act (one act on many rows,
a result each).
"""
