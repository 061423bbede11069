"""The broker as a child process, in two kinds, with an account for each device and for each process of ours."""
