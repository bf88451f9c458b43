"""What the modeler and the table editor ask the server: names known at a point, legal choices, findings, outlines."""
