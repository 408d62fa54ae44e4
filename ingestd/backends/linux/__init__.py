"""What the Linux kernel offers to lock a process in: Landlock, seccomp and resource limits."""
