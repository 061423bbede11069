"""The processes of `dayuan up`: each a module with a `main`, started by the supervisor with its orders on standard input."""
