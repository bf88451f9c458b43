"""What a supervisor or the reader of a list asks: worklists, load, ageing, what is stuck, and how a case was at any moment."""
