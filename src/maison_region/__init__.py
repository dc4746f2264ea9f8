"""A fictional, plausible Occitanie and its simulator; speaks to the house only through its public doors."""
