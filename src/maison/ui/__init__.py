"""The house's own look: tokens, frame, components, pages. It knows no domain: rooms fill it, it never asks who they are.

Words: bar (barre), room nav (navigation de la pièce), chip (puce de fraîcheur), wall (mur, écran lu à cinq mètres),
trail (fil d'un relais), life line (ligne de vie). Everything shown here stands with its states on `/ui/`.
"""
