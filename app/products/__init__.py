"""What the bank lends: the catalogue of credit products and the lists that forms choose from.

Terms: product (a kind of loan with its limits), business line (who works it), customer kind (who may have it), repayment method,
guarantee kind, industry (section of GB/T 4754-2017).
"""
