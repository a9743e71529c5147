"""One file a sub-command, each with `main(argv) -> exit code`; files that begin with an underscore are their parts."""
