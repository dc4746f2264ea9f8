"""The two loops of channels, as the worker of the house runs them, in a process of its own: `python -m benches._channel_worker`."""

from __future__ import annotations

import os
import threading

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maison.config.settings")
import django

django.setup()

from maison.foundations.jobs.loops import Watched  # noqa: E402
from maison.interop.channels import loop  # noqa: E402

stop = threading.Event()
threads = [Watched("channels", loop.channels, stop), Watched("deliveries", loop.deliveries, stop)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
