"""Trying the line to a target: the connection and TLS, never a message."""

from __future__ import annotations

import asyncio
import socket
import ssl

from .models import Target
from .sender import Line

SECONDS = 5.0
OK = "ok"
WORDS = {
    OK: "La cible répond : la connexion s'ouvre{tls}.",
    "name": "Le nom de l'hôte n'est pas connu : vérifiez-le, ou le DNS de la maison.",
    "refused": "La machine répond mais refuse la connexion : vérifiez le port, et que le logiciel est démarré.",
    "silent": "La machine ne répond pas en cinq secondes : vérifiez l'adresse et le pare-feu.",
    "certificate": "Le certificat présenté n'est pas celui qui est déclaré, ou son autorité n'est pas reconnue.",
    "tls": "La négociation TLS échoue : vérifiez que ce port parle TLS, en version 1.2 au moins.",
    "setting": "Le certificat de la maison ne se charge pas : prévenez l'exploitant (MAISON_MLLP_CERTIFICATE).",
    "unreachable": "La machine n'est pas joignable depuis la maison : vérifiez l'adresse et le réseau.",
}


def try_target(target: Target) -> str:
    """A code of WORDS. Five seconds at most; nothing is sent."""
    return asyncio.run(_try(target))


def words_of(outcome: str, target: Target) -> str:
    return WORDS[outcome].format(tls=" en TLS" if target.secured else "")


async def _try(target: Target) -> str:
    try:
        line = await asyncio.wait_for(Line.to(target), SECONDS)
    except TimeoutError:
        return "silent"
    except ssl.SSLCertVerificationError:
        return "certificate"
    except ssl.SSLError:
        return "tls"
    except socket.gaierror:
        return "name"
    except ConnectionRefusedError:
        return "refused"
    except FileNotFoundError:
        return "setting"
    except OSError:
        return "unreachable"
    await line.close()
    return OK
