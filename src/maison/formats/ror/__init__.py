"""What the house says of the ROR (Répertoire opérationnel des ressources) in its own words."""
