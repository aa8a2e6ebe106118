"""What is forbidden, and why: rules of selection and safety as findings.

Protection is independent of prediction: nothing here imports the model, and predicted
values come in as numbers.
"""
