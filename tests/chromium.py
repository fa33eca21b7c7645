"""A real browser without a window, whose user clicks what a page offers, by its id.

::

    python -m tests.chromium http://... account-0 accept
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
import threading

import aiohttp

BINARY = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE = 55
LULL = 4

CLICK = """
(() => {{
  const found = {ids}.map(id => document.getElementById(id)).find(item => item);
  if (found) found.click();
  return [document.title, document.body ? document.body.innerText : ""].join("\\n");
}})()
"""


def visit(url, ids, until):
    """Open a page and click on each that loads, until one says what is awaited."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            [
                BINARY,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--ignore-certificate-errors",  # the sandbox's is issued by nobody it knows
                "--remote-debugging-port=0",
                f"--user-data-dir={folder}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            found = (re.search(r"DevTools listening on ws://([^/]+)", it) for it in process.stderr)
            address = next(item[1] for item in found if item)
            # A pipe that nobody empties would stop the browser in the middle of a complaint.
            threading.Thread(target=process.stderr.read, daemon=True).start()
            asyncio.run(asyncio.wait_for(_drive(address, url, ids, until), PATIENCE))
        finally:
            process.kill()
            process.communicate()


async def _drive(address, url, ids, until):
    async with aiohttp.ClientSession() as session:
        async with session.put(f"http://{address}/json/new?about:blank") as reply:
            page = await reply.json()
        async with session.ws_connect(page["webSocketDebuggerUrl"]) as socket:

            async def tell(number, method, **parameters):
                await socket.send_json({"id": number, "method": method, "params": parameters})

            await tell(1, "Page.enable")
            await tell(2, "Page.navigate", url=url)
            while True:
                try:
                    said = await socket.receive_json(timeout=LULL)
                except TimeoutError:
                    # A busy browser may have lost a click: whoever sits before it tries again.
                    said = {"method": "Page.loadEventFired"}
                if said.get("method") == "Page.loadEventFired":
                    await tell(3, "Runtime.evaluate", expression=CLICK.format(ids=list(ids)))
                elif said.get("id") == 3 and until in str(said):
                    return


if __name__ == "__main__":
    address, *clicked = sys.argv[1:]
    visit(address, clicked, "You can close this page")
