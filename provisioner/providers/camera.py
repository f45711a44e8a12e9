"""What a page looks like, taken by Chromium where this machine has it.

The browser runs without our rights: as root it becomes `nobody`, so that its own sandbox
holds against whatever a site serves. It checks no certificate; whoever needs that fetches
the page as well (`web`).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from pathlib import Path

_BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_WINDOW = "1280,800"
_SECONDS = 30.0
_LARGEST = 1 << 19
_NOBODY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")


class Camera:
    """Takes pictures of pages, one at a time; through a proxy where there is one."""

    def __init__(self, proxy: str = "") -> None:
        self._proxy = proxy
        self._alone = asyncio.Semaphore(1)

    async def shoot(self, url: str) -> bytes:
        """A page as WebP, 1280 by 800 pixels; b"" where no picture can be taken."""
        browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
        if browser is None:
            return b""
        async with self._alone:
            with tempfile.TemporaryDirectory(prefix="pv-camera-") as folder:
                home = Path(folder)
                home.chmod(0o777)  # for nobody; it lives for a few seconds
                picture = home / "page.webp"
                await self._run(browser, home, picture, url)
                try:
                    taken = picture.read_bytes()
                except OSError:
                    return b""
                return taken if len(taken) <= _LARGEST else b""

    async def _run(self, browser: str, home: Path, picture: Path, url: str) -> None:
        command = [
            *(_NOBODY if os.geteuid() == 0 else ()),
            browser,
            "--headless",
            "--disable-gpu",
            "--hide-scrollbars",
            "--ignore-certificate-errors",
            f"--window-size={_WINDOW}",
            f"--user-data-dir={home}/profile",
            f"--screenshot={picture}",
            *((f"--proxy-server={self._proxy}",) if self._proxy else ()),
            url,
        ]
        process = await asyncio.create_subprocess_exec(
            *command,
            env={"HOME": str(home), "PATH": os.environ.get("PATH", os.defpath)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            await asyncio.wait_for(process.wait(), _SECONDS)
        except TimeoutError:
            pass
        finally:
            _end(process)
            await process.wait()


def _end(process: asyncio.subprocess.Process) -> None:
    """End the browser and all it started, which share its session."""
    import signal

    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
