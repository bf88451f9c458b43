"""The process platform; knows nothing of credit.

Terms: deployment (files that belong together under one digest), process definition (key and version), process instance (a case),
user task (one visit of a case at one station), routing variable (a scalar the diagram decides by), case data (everything else
that was entered), event (one act on a case).
"""
