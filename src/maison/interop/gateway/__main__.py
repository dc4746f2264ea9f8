"""`python -m maison.interop.gateway`"""

from __future__ import annotations

import asyncio
import os
import sys


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maison.config.settings")
    import django

    django.setup()
    from .process import Gateway, configured

    return asyncio.run(Gateway(configured()).run())


if __name__ == "__main__":
    sys.exit(main())
