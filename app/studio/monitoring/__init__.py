"""What really happened on a published route, drawn on its diagram, and what other staffing would have made of it."""
