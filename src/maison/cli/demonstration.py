"""Tells who may sign in to the demonstration house."""

from __future__ import annotations

from maison.cli.console import say

FIRST_TO_TRY = ("Tramontane", "Romarin", "Garrigue", "Galet", "Boussole")


def main() -> None:
    from maison_region.people import local_people, professional, professionals

    say("Comptes de démonstration (fictifs), par le bouton « Pro Santé Connect » du bac à sable :")
    for name in FIRST_TO_TRY:
        person = professional(name)
        say(f"  {person.full_name:<22} {person.function}")
    say(f"  … et {len(professionals()) - len(FIRST_TO_TRY)} autres, proposés sur la page de connexion.")
    for local in local_people():
        say(f"Compte local : {local.email}  mot de passe {local.password}  secret TOTP {local.totp_secret}")
    say("Pour faire vivre la région, dans un autre terminal : ./maison simulate")


if __name__ == "__main__":
    main()
