"""Telling people: notices in the site. Terms: notice (one line for one person), event (what happened), read mark."""
