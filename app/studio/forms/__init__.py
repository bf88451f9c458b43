"""The form designer: acts on a form document, its page, its preview, and the grid of rights per step."""
