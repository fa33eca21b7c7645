"""The terminal: hidden input of any length."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from getpass import getpass
from typing import TYPE_CHECKING

from tap_msteams.auth.login import tell

if TYPE_CHECKING:
    from collections.abc import Iterator

if sys.platform != "win32":
    import termios

_ERASE, _KILL, _END = b"\x7f\x08", 0x15, 0x04
"""Backspace in two kinds, Ctrl-U and Ctrl-D."""


def ask(prompt: str) -> str:
    """The line that a user types or pastes, unseen.

    A terminal hands over lines of 4,095 bytes at most (Linux) or 1,024 (macOS), which is less than
    the address that a browser ends at may have; so it is read without waiting for lines.
    """
    if sys.platform == "win32":  # whose getpass reads character by character
        return getpass(f"{prompt}: ")
    with _character_by_character(sys.stdin.fileno()) as terminal:
        sys.stderr.write(f"{prompt}: ")
        sys.stderr.flush()
        typed = bytearray()
        while not (piece := os.read(terminal, 4096)).endswith((b"\n", bytes([_END]))) and piece:
            typed += piece
        typed += piece
    tell("")
    return _edited(typed)


@contextmanager
def _character_by_character(terminal: int) -> Iterator[int]:
    before = termios.tcgetattr(terminal)
    hidden = termios.tcgetattr(terminal)
    hidden[3] &= ~(termios.ICANON | termios.ECHO)
    hidden[6][termios.VMIN], hidden[6][termios.VTIME] = 1, 0  # wait for one byte, however long
    termios.tcsetattr(terminal, termios.TCSAFLUSH, hidden)
    try:
        yield terminal
    finally:
        # What was pasted after the line is no command.
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


def _edited(typed: bytes | bytearray) -> str:
    """The first line, as the keys for editing have left it."""
    line = bytearray()
    for byte in bytes(typed).partition(b"\n")[0]:
        if byte in _ERASE:
            del line[-1:]
        elif byte == _KILL:
            line.clear()
        elif byte != _END:
            line.append(byte)
    return line.decode(errors="replace")
