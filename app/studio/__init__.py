"""The rooms of the business analysts: routes, decision tables and forms, redrawn in the browser, tried and published.

Terms: draft (the files of one deployment while somebody works on them), revision (what a draft was after one saving), finding (what
is wrong in a file, in the analyst's words), report (what publishing a draft would do).
"""
