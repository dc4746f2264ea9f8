"""Conformance bench: an editor gives a sample of a message, the house grades it in plain French, place by place.

Words: sample (exemple), grade (note, A to E), fault (défaut), checker (contrôleur, one for each family). Nothing of a sample is
kept but its hash, family, grade and counts. The grading itself is pure: `./maison conform` needs no house.
"""
