"""The files of a draft: begun, brought in from other tools, kept revision by revision, given out as bundle, paper or shelf."""
