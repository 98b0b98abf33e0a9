#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: terminal.py ROWS COLUMNS PROGRAM [ARGUMENT...] <STEPS

A terminal for a program, and somebody who looks at it. A line of STEPS is

    see TEXT        wait until TEXT is on the screen (gone TEXT: until it is not)
    order WORD...   wait until the lines that begin with these words are in that order
    send KEYS       \\n, \\x1b and the like have their meaning
    size ROWS COLUMNS
    signal NAME     to the program
    stopped         wait until the program is stopped
    shell COMMAND   must succeed
    end STATUS      wait for the end; the terminal must be as it was

Fails, and shows the screen, where a step takes more than 30 seconds, or where
something is written below the last line or behind the last column.
"""
import codecs
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

PATIENCE = 30
WORDS = re.compile(r'\x1b\[([?0-9;]*)([A-Za-z])')


class Screen:
    def __init__(self, rows, columns):
        self.second = False
        self.cursor = True
        self.resize(rows, columns)
        self.rest = ''
        self.everything = ''

    def resize(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.clear()

    def clear(self):
        self.lines = [''] * self.rows
        self.row = self.column = 0

    def control(self, numbers, letter):
        if letter == 'H':
            self.row = self.column = 0
        elif letter == 'K':
            self.lines[self.row] = self.lines[self.row][:self.column]
        elif letter == 'J':
            self.lines[self.row] = self.lines[self.row][:self.column]
            self.lines[self.row + 1:] = [''] * (self.rows - self.row - 1)
        elif letter in 'hl' and numbers == '?1049':
            self.second = letter == 'h'
            self.clear()
        elif letter in 'hl' and numbers == '?25':
            self.cursor = letter == 'h'
        elif letter != 'm':
            raise SystemExit(f'unknown sequence ESC [ {numbers} {letter}')

    def character(self, char):
        if char == '\r':
            self.column = 0
        elif char == '\n':
            self.row += 1
            if self.row >= self.rows:
                self.fail('written below the last line')
        else:
            if self.column >= self.columns:
                self.fail('written behind the last column')
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[:self.column] + char + line[self.column + 1:]
            self.column += 1

    def write(self, text):
        self.everything += text
        text = self.rest + text
        while text:
            if text[0] == '\x1b':
                found = WORDS.match(text)
                if not found:
                    break       # the rest of it comes later
                self.control(*found.groups())
                text = text[found.end():]
            else:
                self.character(text[0])
                text = text[1:]
        self.rest = text

    def text(self):
        return '\n'.join(self.lines)

    def first_words(self, wanted):
        return [line.split()[0] for line in self.lines if line.split()[:1] and line.split()[0] in wanted]

    def fail(self, why):
        print(f'{why}; the screen is:')
        print(self.text().rstrip())
        sys.exit(1)


class Terminal:
    def __init__(self, rows, columns, command):
        self.screen = Screen(rows, columns)
        self.fd, self.slave = os.openpty()
        self.set_size(rows, columns)
        self.before = termios.tcgetattr(self.slave)
        self.decoder = codecs.getincrementaldecoder('utf-8')('replace')
        self.program = subprocess.Popen(command, stdin=self.slave, stdout=self.slave, stderr=self.slave,
                                        preexec_fn=self.become_leader)

    def become_leader(self):
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

    def set_size(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))

    def read(self, seconds):
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if ready:
            self.screen.write(self.decoder.decode(os.read(self.fd, 65536)))
        return ready

    def wait(self, what, condition):
        until = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > until:
                self.program.kill()
                self.screen.fail(f'waited in vain: {what}')
            self.read(0.1)

    def stopped(self):
        with open(f'/proc/{self.program.pid}/stat', encoding='ascii', errors='replace') as stat:
            return stat.read().rsplit(')', 1)[1].split()[0] == 'T'

    def check_restored(self):
        while self.read(0.1):
            pass
        if self.screen.second or not self.screen.cursor:
            self.screen.fail('the second screen is still there, or the cursor is not')
        if termios.tcgetattr(self.slave) != self.before:
            self.screen.fail('the terminal has other settings than before')

    def step(self, name, rest):
        if name == 'see':
            self.wait(f'see {rest}', lambda: rest in self.screen.text())
        elif name == 'gone':
            self.wait(f'gone {rest}', lambda: rest not in self.screen.text())
        elif name == 'order':
            self.wait(f'order {rest}', lambda: self.screen.first_words(rest.split()) == rest.split())
        elif name == 'send':
            os.write(self.fd, codecs.decode(rest, 'unicode_escape').encode('latin-1'))
        elif name == 'size':
            rows, columns = map(int, rest.split())
            while self.read(0.2):       # what was written for the old size
                pass
            self.screen.resize(rows, columns)
            self.set_size(rows, columns)
        elif name == 'signal':
            self.program.send_signal(signal.Signals['SIG' + rest])
        elif name == 'stopped':
            self.wait('stopped', self.stopped)
            self.check_restored()
        elif name == 'shell':
            if subprocess.call(rest, shell=True, executable='/bin/bash'):
                self.screen.fail(f'failed: {rest}')
        elif name == 'end':
            self.wait('the end', lambda: self.program.poll() is not None)
            if self.program.returncode != int(rest):
                self.screen.fail(f'exit status {self.program.returncode}, not {rest}')
            self.check_restored()
        else:
            sys.exit(f'no step is called {name}')


def main():
    rows, columns = int(sys.argv[1]), int(sys.argv[2])
    terminal = Terminal(rows, columns, sys.argv[3:])
    for line in sys.stdin:
        name, _, rest = line.rstrip('\n').partition(' ')
        if name:
            terminal.step(name, rest)
    if terminal.program.poll() is None:
        terminal.program.kill()
        sys.exit('the last step must be the end')


main()
