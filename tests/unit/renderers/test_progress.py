"""Progress of an apply: a bar where somebody watches, lines where a log is kept."""

from __future__ import annotations

import io
import threading
import time

from rich.console import Console

from provisioner.renderers.progress import Progress


def plain(out: io.StringIO, interval: float = 60) -> Progress:
    return Progress(Console(file=out, width=100), interval=interval)


def test_a_log_gets_a_line_for_each_phase_and_its_end() -> None:
    out = io.StringIO()
    with plain(out) as progress:
        progress.phase("Domains", 2)
        progress.advance("Domains")
        progress.advance("Domains", status="waiting")
        progress.phase("Something", 1)
        progress.advance("Something", status="failed")
    assert out.getvalue().splitlines() == [
        "Domains: 0/2",
        "Domains: 2/2, 1 done, 1 waiting, 0 s",
        "Something: 0/1",
        "Something: 1/1, 1 failed, 0 s",
    ]


def test_what_goes_on_at_once_is_counted_apart() -> None:
    out = io.StringIO()
    with plain(out) as progress:
        progress.phase("Mailboxes", 2)
        progress.phase("Servers", 3)
        progress.advance("Mailboxes", 2)
        progress.advance("Servers")
        progress.phase("Forums", 1)
        progress.advance("Servers", 2)
        progress.advance("Forums")
    assert out.getvalue().splitlines() == [
        "Mailboxes: 0/2",
        "Servers: 0/3",
        "Mailboxes: 2/2, 2 done, 0 s",
        "Servers: 1/3, 1 done, 0 s, about 0 s left",
        "Forums: 0/1",
        "Servers: 3/3, 3 done, 0 s",
        "Forums: 1/1, 1 done, 0 s",
    ]


def test_a_phase_of_unknown_length_counts_without_a_total() -> None:
    out = io.StringIO()
    with plain(out) as progress:
        progress.phase("Proofs", 0)
        progress.advance("Proofs", 1200)
    assert out.getvalue().splitlines() == ["Proofs", "Proofs: 1,200 done, 0 s"]


def test_what_was_never_announced_is_counted_too() -> None:
    out = io.StringIO()
    with plain(out) as progress:
        progress.advance("Forums", 2)
    assert out.getvalue().splitlines() == ["Forums", "Forums: 2 done, 0 s"]


def test_lines_go_on_while_the_work_does_and_only_when_something_moved() -> None:
    out = io.StringIO()
    with plain(out, interval=0.01) as progress:
        progress.phase("Mailboxes", 10)
        progress.advance("Mailboxes", 5)
        deadline = time.monotonic() + 5
        while "5/10" not in out.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.05)
        assert out.getvalue().count("5/10") == 1
    assert "about 0 s left" in out.getvalue()


def test_a_terminal_gets_a_bar_with_counts() -> None:
    out = io.StringIO()
    screen = Console(file=out, force_terminal=True, width=120, no_color=True)
    with Progress(screen) as progress:
        progress.phase("Mailboxes", 3)
        progress.advance("Mailboxes", 2)
        progress.advance("Mailboxes", status="failed")
    assert "Mailboxes" in out.getvalue()
    assert "3/3" in out.getvalue()
    assert "2 done, 1 failed" in out.getvalue()


def count(progress: Progress) -> None:
    for _ in range(1000):
        progress.advance("Mailboxes")


def test_several_threads_may_count_at_once() -> None:
    out = io.StringIO()
    with plain(out) as progress:
        progress.phase("Mailboxes", 4000)
        threads = [threading.Thread(target=count, args=[progress]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert "4,000/4,000" in out.getvalue().splitlines()[-1]


def test_an_error_inside_ends_the_display() -> None:
    out = io.StringIO()
    progress = plain(out)
    try:
        with progress:
            progress.phase("Mailboxes", 1)
            raise ValueError
    except ValueError:
        pass
    assert threading.active_count() == len(threading.enumerate())
    assert out.getvalue() == "Mailboxes: 0/1\n"
