"""Acts of people, chained so that a change is seen."""
