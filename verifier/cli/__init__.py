"""The command line: `imgtrust`."""

from __future__ import annotations

import contextlib
import errno
import importlib
import io
import os
import sys

import click

from trust import __version__
from trust.errors import ImgtrustError, PolicyError, TrustRootError
from verifier.errors import UsageError
from verifier.output.exit_code import INTERNAL, INTERRUPTED, UNDECIDED, USAGE

_COMMANDS = {
    "demo": "Show a denied and an allowed image, without any server.",
    "explain": "Explain a finding code.",
    "inspect": "List all that is attached to an image, before a policy exists.",
    "policy": "Write, check and describe policies.",
    "resolve": "Show what references name now: digest, kind, platforms.",
    "verify": "Judge images, or all images of a Compose project.",
}
_USAGE_ERRORS = (UsageError, PolicyError, TrustRootError)


class _Lazy(click.Group):
    """A group that imports a command only when it is called: start-up is part of every pipeline step."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command = importlib.import_module(f"verifier.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="imgtrust", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show a log line for each request, and tracebacks.")
@click.pass_context
def group(ctx: click.Context, *, debug: bool) -> None:
    """May this image run here?

    Exit codes: 0 allow, 1 internal error, 2 usage or unreadable policy, 3 undecided, 4 deny, 130 interrupted.
    With several images the highest.
    """
    ctx.obj = debug
    if debug:
        import logging

        logging.basicConfig(level=logging.DEBUG, format="%(message)s", stream=sys.stderr)
        logging.getLogger().setLevel(logging.WARNING)
        logging.getLogger("imgtrust").setLevel(logging.DEBUG)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line with `arguments` (default: the process's) and end the process with its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    _accept_every_character()
    code = run(arguments)
    _flush()
    # Threads that still wait for a registry must not hold up the end of the process.
    os._exit(code)


def run(arguments: list[str]) -> int:
    """The exit code of the command line with `arguments`. Nothing is raised, whatever happens."""
    try:
        outcome = group.main(args=arguments, prog_name="imgtrust", standalone_mode=False)
        code = outcome if isinstance(outcome, int) else 0
        _check_written()
    except click.ClickException as error:
        with contextlib.suppress(OSError):
            error.show()
        code = USAGE
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted")
        code = INTERRUPTED
    except ImgtrustError as error:
        _complain(error.message, error.hint)
        code = USAGE if isinstance(error, _USAGE_ERRORS) else UNDECIDED
    except SystemExit:
        # Click ends so when the reader of a pipe has gone.
        code = _output_failed(BrokenPipeError())
    except OSError as error:
        code = _output_failed(error) if error.filename is None else _internal(error, debug="--debug" in arguments)
    except Exception as error:  # noqa: BLE001 - the one edge where a bug becomes an exit code
        code = _internal(error, debug="--debug" in arguments)
    return code


def _accept_every_character() -> None:
    # A terminal's encoding may lack characters of our texts: they come out as escapes, not as a crash.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _check_written() -> None:
    # None where it was closed before the start.
    if not isinstance(sys.stdout, io.TextIOBase):
        raise OSError(errno.EBADF, "standard output is closed")
    sys.stdout.flush()


def _complain(message: str, hint: str | None = None) -> None:
    from verifier.output.printable import printable

    # Where nobody can be told, the exit code still tells.
    with contextlib.suppress(OSError):
        click.echo(f"error: {printable(message)}", err=True)
        if hint is not None:
            click.echo(f"hint: {printable(hint)}", err=True)


def _output_failed(error: OSError) -> int:
    # Output that nobody could read is no allow. A closed pipe is the reader's choice, and needs no words.
    if not isinstance(error, BrokenPipeError):
        _complain(f"the output could not be written: {error.strerror or error}")
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 1)
    return INTERNAL


def _internal(error: Exception, *, debug: bool) -> int:
    if debug:
        import traceback

        traceback.print_exception(error)
    _complain(
        f"internal error: {type(error).__name__}: {error}",
        "this is a bug; run `imgtrust --debug …` again and report what it prints",
    )
    return INTERNAL


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOBase):
            with contextlib.suppress(OSError):
                stream.flush()
