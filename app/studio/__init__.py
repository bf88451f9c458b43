"""The rooms of the business analysts: routes, decision tables and forms, redrawn in the browser, tried and published.

Terms: draft (the files of one deployment while somebody works on them), revision (what a draft was after one saving), finding (what
Terms: draft (the files of one deployment while somebody works on them), revision (what a draft was after one saving), finding (what
a worker on copies).

Here: drafts and examinations, which all need. In the rooms below: `files`, `editors` (modeler and tables), `forms` (the designer),
`reports`, `trials`, `publish`, `monitoring`. A room below uses what is here; of its neighbours it uses operations, not pages.
"""
