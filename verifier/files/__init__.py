"""Files of a project that name images, read as the program that consumes them reads them."""
