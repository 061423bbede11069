"""The `dayuan` command: reads the settings, finds the subcommand, turns a refusal into one sentence and exit code 2."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.commands import administration, reading, running
from deploy.configuration import configure
from registry.problems import Problem, Refusal

EXIT_REFUSED = 2
_EXIT_INTERRUPTED = 130


def parser() -> argparse.ArgumentParser:
    """All subcommands; each module adds its own and sets `run`, which takes (options, configuration) and gives the exit code."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--data-dir", type=Path, help="folder of stores, keys, pictures and logs (default: dayuan-data)"
    )
    shared.add_argument("--config", dest="config_file", type=Path, help="TOML file of settings")
    top = argparse.ArgumentParser(prog="dayuan", description="Access control and security monitoring of compounds.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in (running, administration, reading):
        module.add_commands(commands, shared)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the script of the same name calls it."""
    options = parser().parse_args(arguments)
    try:
        configuration = configure(environment=os.environ, file=options.config_file, arguments=vars(options))
        return int(options.run(options, configuration))
    except (Refusal, Problem) as refusal:
        print(f"dayuan: {refusal}", file=sys.stderr)  # noqa: T201 - the command's own voice
        return EXIT_REFUSED
    except BrokenPipeError:  # whoever read our output has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _EXIT_INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
