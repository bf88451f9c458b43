"""Trials of a version before anybody works with it: real cases replayed over it, and recorded walks with an expected route.

Terms: deed (one act that moved a case, as it is on record), life (a finished case as its deeds), walk (deeds played over a
definition by the real engine, on a copy in memory), way (what of a walk concerns people and the outside world: stations,
services, returns, the end), assumption (an answer that nobody has given, at a station that the case never came to), scenario
(deeds with the way they are to take, a file of the deployment). Nothing here writes; no delegate is ever called.
"""
