"""Pages for those who keep the system running: jobs, messages that did not go out, the words of notices."""
