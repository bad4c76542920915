"""Pages: values in, text out. No route, no registry."""
