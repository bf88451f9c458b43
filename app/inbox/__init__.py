"""The pages of the staff: inbox, case page, start page, notices.

Terms: tab (one list of the inbox), row, case page (form, opinions, documents, diagram, history of one case), print (审批单).
"""
