from .registry import Permission


class P:
    MANAGE_HABILITATIONS = Permission("access.manage_habilitations", "Gérer les habilitations de la structure")
    READ_TRACES = Permission("audit.read", "Consulter les traces")
    SUPERVISE = Permission("supervision.view", "Voir la supervision")
    MANAGE_CRISIS = Permission("crisis.manage", "Changer le niveau de crise")
