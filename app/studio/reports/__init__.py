"""What is said of a draft before it is published: findings and proofs, and how it differs from another version, in sentences."""
