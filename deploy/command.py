"""The `dayuan` command: reads the settings, finds the subcommand, turns a refusal into one sentence and exit code 2."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.configuration import configure
from deploy.folder import not_ours
from deploy.loading import loaded
from deploy.usage import parser
from registry.problems import Problem, Refusal

EXIT_REFUSED = 2
_EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the script of the same name calls it.

    Only the module of the command that is run is loaded: `dayuan settings` does not wait for the picture libraries.
    """
    options = parser().parse_args(arguments)
    module, _, function = options.run.partition(":")
    try:
        configuration = configure(environment=os.environ, file=options.config_file, arguments=vars(options))
        return int(getattr(loaded(module), function)(options, configuration))
    except (Refusal, Problem) as refusal:
        return _refused(str(refusal))
    except PermissionError as error:
        if error.filename is None:
            raise
        return _refused(not_ours(Path(os.fsdecode(error.filename))))
    except BrokenPipeError:  # whoever read our output has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _EXIT_INTERRUPTED


def _refused(why: str) -> int:
    print(f"dayuan: {why}", file=sys.stderr)  # noqa: T201 - the command's own voice
    return EXIT_REFUSED


if __name__ == "__main__":
    sys.exit(main())
