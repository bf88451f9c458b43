"""What may happen to a task besides its completion: from hand to hand, added signers, ways back, withdrawal, skipping."""
