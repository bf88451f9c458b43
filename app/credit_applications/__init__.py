"""What a customer asks of the bank, and what the bank decides: the record behind the forms of the credit route.

Terms: credit application (one per case), wish (what the product must cover), decision, exposure (what the bank has at stake with
one customer, decided or asked for).
"""
