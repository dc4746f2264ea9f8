"""Commands behind `./maison`: start, stop, test, check, measure. Above every floor."""
