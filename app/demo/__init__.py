"""The bank that ships: its people, and applications that look like those of a real credit department.

Terms: demo bank (branches, lines, people, groups), profile (shares and quantiles measured on public logs and data
sets), plan (what happens to one generated application, and when).
"""
