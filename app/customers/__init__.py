"""Whom the bank lends to: individuals and enterprises, each known once by a checked number.

Terms: customer, identity (kind and number: identity card or unified social credit code), rating (A to E), concern (why a person may
see a customer), blind index (what exact search compares). Everything a customer could be known by is encrypted.
"""
