"""What the pages show, one module for each group of them; each query takes a `Viewer`."""
