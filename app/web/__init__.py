"""The shell around every page: access, errors, menu, layout, languages. It knows no room."""
