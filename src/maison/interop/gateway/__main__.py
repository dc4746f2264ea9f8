"""`python -m maison.interop.gateway`"""

from __future__ import annotations

import os
import sys


async def _run() -> int:
    from .process import Gateway, configured

    return await Gateway(configured()).run()


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maison.config.settings")
    import django
    import uvloop

    django.setup()
    return uvloop.run(_run())


if __name__ == "__main__":
    sys.exit(main())
