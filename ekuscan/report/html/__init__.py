"""The report as one HTML page that stands alone: no request, no framework, readable without its script."""
