"""The processes of `dayuan up`: each a module with a `main`, which `deploy.loading` runs with its orders on standard input."""
