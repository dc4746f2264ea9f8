from maison.foundations.access.registry import Permission


class P:
    VIEW_QUALITY = Permission("quality.view", "Voir la qualité des répertoires")
    MEND = Permission("quality.mend", "Suivre les anomalies des répertoires")
