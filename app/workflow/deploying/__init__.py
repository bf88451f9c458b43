"""Files become a version: checked, deployed, activated, kept on the shelf, drawn, and explained in words."""
