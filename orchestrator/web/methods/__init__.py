"""The methods of the WCS REST API, a file for each group or few; `calls` joins them."""
