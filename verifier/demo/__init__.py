"""Two images in a layout, a Compose file and a policy: what `imgtrust demo` judges."""
