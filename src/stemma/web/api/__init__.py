"""The API: everything that pages show, as JSON. Shapes are those of :mod:`stemma.client.shapes`."""
