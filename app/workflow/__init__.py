"""The process platform: definitions, cases, tasks, forms. It knows nothing of credit."""
